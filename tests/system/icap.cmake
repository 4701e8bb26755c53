# The icap engine with Debian's c-icap, which asks a clamd.
if(ASSAY_BUILD_CLAMAV)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  assay_add_script_test(real_icap LABELS system engine TIMEOUT 600
    COMMAND ${Python3_EXECUTABLE} -B
      ${CMAKE_CURRENT_LIST_DIR}/icap/test_real_icap.py)
endif()
