# Hosts that load libassay: a minimal MTA, built against an installed prefix.
if(ASSAY_BUILD_LUA AND ASSAY_BUILD_CLAMAV)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)

  assay_add_script_test(system_plugin LABELS system host threads TIMEOUT 600
    COMMAND ${Python3_EXECUTABLE} -B
      ${CMAKE_CURRENT_LIST_DIR}/plugin/plugin_test.py)
endif()
