# Helpers that give every target of one kind the same shape.

include(GNUInstallDirs)

set(ASSAY_MODULE_SUBDIR "assay" CACHE INTERNAL "under the library folder")

# assay_add_layer(<name> <sources…>): one OBJECT library assay_<name>, seen by
# tests as it is and by everybody else through libassay.
function(assay_add_layer name)
  add_library(assay_${name} OBJECT ${ARGN})
  target_include_directories(assay_${name} PUBLIC
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(assay_${name} PRIVATE assay_build_flags)
  set_target_properties(assay_${name} PROPERTIES
    POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
endfunction()

# A loadable module with one exported symbol, built where the program finds it
# without being installed.
function(assay_add_module_target name folder)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE assay::assay assay_build_flags)
  set_target_properties(${name} PROPERTIES
    PREFIX "" C_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY
      ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/${ASSAY_MODULE_SUBDIR}/${folder}
    INSTALL_RPATH "$ORIGIN/../..")
  install(TARGETS ${name}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/${ASSAY_MODULE_SUBDIR}/${folder}
    COMPONENT ${folder}-${name})
endfunction()

# assay_add_engine(<name> SOURCES … [LIBRARIES …]): engines/<name>.so
function(assay_add_engine name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  assay_add_module_target(engine_${name} engines ${ARG_SOURCES})
  set_target_properties(engine_${name} PROPERTIES OUTPUT_NAME ${name})
  target_link_libraries(engine_${name} PRIVATE ${ARG_LIBRARIES})
endfunction()

# assay_add_provider(<name> SOURCES … [LIBRARIES …]): providers/<name>.so, a
# content scanner for the csapi engine
function(assay_add_provider name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  assay_add_module_target(provider_${name} providers ${ARG_SOURCES})
  set_target_properties(provider_${name} PROPERTIES OUTPUT_NAME ${name})
  target_link_libraries(provider_${name} PRIVATE ${ARG_LIBRARIES})
endfunction()

# assay_add_scorer(<name> SOURCES … [LIBRARIES …]): scorers/<name>.so, a backend
# of the cloudmark stanza
function(assay_add_scorer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  assay_add_module_target(scorer_${name} scorers ${ARG_SOURCES})
  set_target_properties(scorer_${name} PROPERTIES OUTPUT_NAME ${name})
  target_link_libraries(scorer_${name} PRIVATE ${ARG_LIBRARIES})
endfunction()

# assay_add_language(<name> SOURCES … [LIBRARIES …]): languages/<name>.so
function(assay_add_language name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  assay_add_module_target(language_${name} languages ${ARG_SOURCES})
  set_target_properties(language_${name} PROPERTIES OUTPUT_NAME ${name})
  target_link_libraries(language_${name} PRIVATE ${ARG_LIBRARIES})
endfunction()

# assay_add_host(<name> DESTINATION <dir> SOURCES … [LIBRARIES …])
function(assay_add_host name)
  cmake_parse_arguments(ARG "" "DESTINATION" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(host_${name} ${ARG_SOURCES})
  target_include_directories(host_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(host_${name} PRIVATE assay::assay assay_build_flags
    assay_stanzas ${ARG_LIBRARIES})
  target_sources(host_${name} PRIVATE $<TARGET_OBJECTS:assay_stanzas>)
  set_target_properties(host_${name} PROPERTIES
    OUTPUT_NAME ${name} POSITION_INDEPENDENT_CODE ON
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${ARG_DESTINATION}
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS host_${name} RUNTIME DESTINATION ${ARG_DESTINATION}
    COMPONENT host-${name})
endfunction()

# assay_add_test(<name> LABELS … SOURCES … LAYERS … [LIBRARIES …] [TIMEOUT s]
#                [WRAP symbol…])
# One check binary; LAYERS are OBJECT libraries (conf, mail, …) with all the
# layers below them named as well.
function(assay_add_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT"
    "LABELS;SOURCES;LAYERS;LIBRARIES;WRAP" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src
    ${PROJECT_SOURCE_DIR}/tests/support)
  foreach(layer IN LISTS ARG_LAYERS)
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:assay_${layer}>)
  endforeach()
  foreach(symbol IN LISTS ARG_WRAP)
    target_link_options(${name} PRIVATE "-Wl,--wrap=${symbol}")
  endforeach()
  target_link_libraries(${name} PRIVATE assay_build_flags PkgConfig::CHECK
    Threads::Threads ${CMAKE_DL_LIBS} ${ARG_LIBRARIES})
  if("scan" IN_LIST ARG_LAYERS)
    target_link_libraries(${name} PRIVATE PkgConfig::CRYPTO)
  endif()
  if("store" IN_LIST ARG_LAYERS)
    target_link_libraries(${name} PRIVATE
      PkgConfig::CRYPTO PkgConfig::SQLITE PkgConfig::XML m)
  endif()
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests ENABLE_EXPORTS ON)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES
    LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "${ASSAY_TEST_ENVIRONMENT}")
endfunction()

# assay_add_script_test(<name> LABELS … COMMAND … [TIMEOUT s])
# A system test: a program or script that gets the build folder in
# ASSAY_BUILD and the source folder in ASSAY_SOURCE, exits 0 when it passed,
# and 77 (with a sentence) when something it needs cannot be had here.
function(assay_add_script_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;COMMAND" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${ARG_COMMAND}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES
    LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77
    ENVIRONMENT
    "ASSAY_BUILD=${PROJECT_BINARY_DIR};ASSAY_SOURCE=${PROJECT_SOURCE_DIR};${ASSAY_TEST_ENVIRONMENT}")
endfunction()
