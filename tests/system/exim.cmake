# The module for Exim: in a false Exim for faults, and in a real one.
if(ASSAY_BUILD_EXIM)
  set(exim_dir ${CMAKE_CURRENT_LIST_DIR}/exim)

  # With configuration files below the build, one for each test.
  foreach(test faults real)
    assay_add_exim_module(exim_${test} ${PROJECT_BINARY_DIR}/tests/exim/${test}
      ${PROJECT_BINARY_DIR}/tests/exim/${test}/exim.conf)
  endforeach()

  add_executable(fake_exim ${exim_dir}/fake_exim.c)
  target_include_directories(fake_exim SYSTEM PRIVATE ${ASSAY_EXIM_INCLUDE_DIR})
  target_link_libraries(fake_exim PRIVATE assay_build_flags ${CMAKE_DL_LIBS})
  set_target_properties(fake_exim PROPERTIES ENABLE_EXPORTS ON
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)

  assay_add_script_test(system_exim_faults LABELS system host
    COMMAND python3 -B ${exim_dir}/faults_test.py)
endif()
