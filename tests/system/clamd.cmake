# The clamav engine as a client of a real clamd, and chaos around it.
if(ASSAY_BUILD_CLAMAV)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)

  assay_add_script_test(real_clamd LABELS system engine TIMEOUT 600
    COMMAND ${Python3_EXECUTABLE} -B
      ${CMAKE_CURRENT_LIST_DIR}/clamd/test_real_clamd.py)
  if(ASSAY_BUILD_MILTER)
    assay_add_script_test(chaos_clamd LABELS system host TIMEOUT 600
      COMMAND ${Python3_EXECUTABLE} -B
        ${CMAKE_CURRENT_LIST_DIR}/clamd/chaos_clamd.py)
  endif()
endif()
