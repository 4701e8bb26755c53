# assayd: miltertest scripts, the process itself, and a real Postfix.
if(ASSAY_BUILD_MILTER)
  set(milter_dir ${CMAKE_CURRENT_LIST_DIR}/milter)

  assay_add_script_test(system_assayd LABELS system host
    COMMAND python3 -B ${milter_dir}/assayd_test.py)
  assay_add_script_test(system_postfix LABELS system host
    COMMAND python3 -B ${milter_dir}/postfix_test.py)
  assay_add_script_test(system_maildir LABELS system host
    COMMAND python3 -B ${milter_dir}/maildir_test.py)

  set(milter_scripts abort disconnect sizes)
  if(ASSAY_BUILD_LUA)
    list(APPEND milter_scripts
      discard drain edits recipients reload script_error)
  endif()
  if(ASSAY_BUILD_CLAMAV)
    list(APPEND milter_scripts action chunks engine_failure pass)
  endif()
  foreach(script IN LISTS milter_scripts)
    assay_add_script_test(system_milter_${script} LABELS system host
      COMMAND ${milter_dir}/run.sh ${script}.lua)
  endforeach()
endif()
