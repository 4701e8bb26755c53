# The module for Exim: in a false Exim for faults, and in a real one.
if(ASSAY_BUILD_EXIM)
  set(exim_dir ${CMAKE_CURRENT_LIST_DIR}/exim)

  # The module with a configuration file of the test: below the build; or, for
  # a real Exim, whose user may not get there, in the folder for such things.
  assay_add_exim_module(exim_faults ${PROJECT_BINARY_DIR}/tests/exim/faults
    ${PROJECT_BINARY_DIR}/tests/exim/faults/exim.conf)
  string(MD5 build_hash ${PROJECT_BINARY_DIR})
  set(real_config /tmp/assay-exim-${build_hash}.conf)
  assay_add_exim_module(exim_real ${PROJECT_BINARY_DIR}/tests/exim/real
    ${real_config})

  add_executable(fake_exim ${exim_dir}/fake_exim.c)
  target_include_directories(fake_exim SYSTEM PRIVATE ${ASSAY_EXIM_INCLUDE_DIR})
  target_link_libraries(fake_exim PRIVATE assay_build_flags ${CMAKE_DL_LIBS})
  set_target_properties(fake_exim PROPERTIES ENABLE_EXPORTS ON
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)

  assay_add_script_test(system_exim_faults LABELS system host unthreaded
    COMMAND python3 -B ${exim_dir}/faults_test.py)
  # A sanitizer wants to be loaded first.
  set(preload "")
  if("address" IN_LIST ASSAY_SANITIZE)
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libasan.so
      OUTPUT_VARIABLE preload OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
  if(ASSAY_BUILD_MILTER AND ASSAY_BUILD_LUA AND ASSAY_BUILD_CLAMAV)
    assay_add_script_test(system_exim LABELS system host unthreaded
      COMMAND python3 -B ${exim_dir}/real_test.py)
    set_property(TEST system_exim APPEND PROPERTY ENVIRONMENT
      ASSAY_EXIM_CONFIG=${real_config} ASSAY_EXIM_PRELOAD=${preload})
  endif()
endif()
