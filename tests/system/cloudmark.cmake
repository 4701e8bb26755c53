# Scores from real services, and policies that ask for them.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

if(ASSAY_BUILD_LUA)
  assay_add_script_test(cloudmark_policies LABELS system lua TIMEOUT 600
    COMMAND ${Python3_EXECUTABLE} -B
      ${CMAKE_CURRENT_LIST_DIR}/cloudmark/test_policies.py)
endif()

assay_add_script_test(real_spamd LABELS system engine TIMEOUT 600
  COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_CURRENT_LIST_DIR}/cloudmark/real_spamd.py)
assay_add_script_test(real_rspamd LABELS system engine TIMEOUT 600
  COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_CURRENT_LIST_DIR}/cloudmark/real_rspamd.py)
