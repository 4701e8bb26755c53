# The console of a running assayd: commands, peers, and clients that misbehave
# (C11, C14).
if(ASSAY_BUILD_MILTER)
  assay_add_script_test(system_console LABELS system host
    COMMAND python3 -B ${CMAKE_CURRENT_LIST_DIR}/console/console_test.py)
endif()
