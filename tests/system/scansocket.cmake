# The scan socket of assayd: both protocols, clients that misbehave, and the
# programs that really use it.
if(ASSAY_BUILD_MILTER)
  foreach(test abuse assay clamd clamdscan others rspamd)
    assay_add_script_test(system_scansocket_${test} LABELS system host TIMEOUT 600
      COMMAND python3 -B
        ${CMAKE_CURRENT_LIST_DIR}/scansocket/${test}_test.py)
  endforeach()
endif()
