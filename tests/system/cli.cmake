# The command line with the real clamav engine, and its manual page.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

assay_add_script_test(cli_manual LABELS system lint
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/cli/manual.sh)
assay_add_script_test(cli_activefilter LABELS system host
  COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_CURRENT_LIST_DIR}/cli/test_activefilter.py)
foreach(area IN ITEMS info kit)
  assay_add_script_test(cli_engine_${area} LABELS system host TIMEOUT 900
    COMMAND ${Python3_EXECUTABLE} -B
      ${CMAKE_CURRENT_LIST_DIR}/cli/test_engine_${area}.py)
endforeach()
# The kit has one thread; those of its check are in children, and the signals
# that these are to die of are the sanitizer's.
set_property(TEST cli_engine_kit APPEND PROPERTY LABELS unthreaded)
if(ASSAY_BUILD_CLAMAV)
  foreach(area IN ITEMS check hostile policy scan)
    assay_add_script_test(cli_${area} LABELS system host TIMEOUT 900
      COMMAND ${Python3_EXECUTABLE} -B
        ${CMAKE_CURRENT_LIST_DIR}/cli/test_${area}.py)
  endforeach()
endif()
if(ASSAY_BUILD_YARA AND ASSAY_BUILD_MILTER)
  assay_add_script_test(cli_yara LABELS system host TIMEOUT 900
    COMMAND ${Python3_EXECUTABLE} -B
      ${CMAKE_CURRENT_LIST_DIR}/cli/test_yara.py)
endif()
