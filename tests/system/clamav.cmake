# The clamav engine under faults of its host, and against clamscan.
if(ASSAY_BUILD_CLAMAV)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_executable(clamav_faults
    ${CMAKE_CURRENT_LIST_DIR}/clamav_faults.c
    ${CMAKE_CURRENT_LIST_DIR}/clamav_bench.c
    $<TARGET_OBJECTS:clamav_objects> $<TARGET_OBJECTS:assay_base>)
  target_include_directories(clamav_faults PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/engines/clamav)
  target_link_libraries(clamav_faults PRIVATE assay_build_flags
    PkgConfig::CLAMAV Threads::Threads)
  set_target_properties(clamav_faults PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests ENABLE_EXPORTS ON)

  set(clamav_samples ${PROJECT_BINARY_DIR}/tests/clamav_samples)
  assay_add_script_test(clamav_samples LABELS system engine
    COMMAND ${Python3_EXECUTABLE}
      ${CMAKE_CURRENT_LIST_DIR}/clamav_samples.py ${clamav_samples})
  set_tests_properties(clamav_samples PROPERTIES
    FIXTURES_SETUP clamav_samples)
  foreach(group plain mount)
    assay_add_script_test(clamav_faults_${group} LABELS system engine
      COMMAND clamav_faults ${clamav_samples} ${group})
    set_tests_properties(clamav_faults_${group} PROPERTIES
      FIXTURES_REQUIRED clamav_samples)
  endforeach()

  assay_add_script_test(clamav_equivalence LABELS system engine
    COMMAND ${Python3_EXECUTABLE}
      ${CMAKE_CURRENT_LIST_DIR}/clamav_equivalence.py)

  # Every way to hide a file that is known, with paranoid on (AV-23).
  assay_add_script_test(clamav_evasion LABELS system engine
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/clamav_evasion.py)

  # Behind the walls of assay-scanner.
  add_executable(clamav_walls
    ${CMAKE_CURRENT_LIST_DIR}/clamav_walls.c
    $<TARGET_OBJECTS:clamav_objects> $<TARGET_OBJECTS:scanner_walls>
    $<TARGET_OBJECTS:assay_base>)
  target_include_directories(clamav_walls PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/engines/clamav
    ${PROJECT_SOURCE_DIR}/src/hosts/scanner)
  target_link_libraries(clamav_walls PRIVATE assay_build_flags
    PkgConfig::CLAMAV PkgConfig::SECCOMP Threads::Threads ${CMAKE_DL_LIBS})
  set_target_properties(clamav_walls PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests ENABLE_EXPORTS ON)
  set(clamav_walls_groups same)
  # The sanitizers' allocators end the process themselves.
  if(NOT ASSAY_SANITIZE)
    target_link_options(clamav_walls PRIVATE -Wl,--wrap=__libc_malloc
      -Wl,--wrap=__libc_calloc -Wl,--wrap=__libc_realloc)
    list(APPEND clamav_walls_groups memory)
  endif()
  foreach(group IN LISTS clamav_walls_groups)
    assay_add_script_test(clamav_walls_${group} LABELS system engine
      COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_CURRENT_LIST_DIR}/clamav_walls.py ${group})
  endforeach()
endif()
