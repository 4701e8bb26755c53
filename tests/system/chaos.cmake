# assayd under load while something breaks; each script names what it tests.
# ASSAY_CHAOS_SCALE in the environment makes the runs longer.
if(ASSAY_BUILD_MILTER AND ASSAY_BUILD_CLAMAV)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)

  # An engine that does to its scanner process, or to the host, what a content
  # asks for; found by Module_Path in a folder of its own.
  add_library(chaos_hostile MODULE
    ${CMAKE_CURRENT_LIST_DIR}/chaos/engines/hostile.c)
  target_include_directories(chaos_hostile PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(chaos_hostile PRIVATE assay::assay assay_build_flags)
  set_target_properties(chaos_hostile PROPERTIES
    PREFIX "" OUTPUT_NAME hostile C_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/chaos/engines)
  foreach(name IN ITEMS
      c01_workers_killed c02_host_killed_behind_postfix c03_worker_hangs
      c04_crash_loop c05_poison_mail c09_disk_full c10_bad_file_base
      c11_no_descriptors c12_memory_limit c13_cpu_burners
      c15_broken_configurations c16_reloads_under_load c17_broken_signatures
      c18_no_memory_for_two c19_clock_jumps c20_host_dies c21_malicious_worker
      c22_log_lost c23_stop_under_load c24_soak c25_order_of_start
      c26_engines_disagree c27_runaway_scripts c28_scanned_is_delivered
      c29_verdict_cache c30_ten_thousand_connections scanner_kills)
    assay_add_script_test(chaos_${name} LABELS system chaos TIMEOUT 900
      COMMAND ${Python3_EXECUTABLE} -B
        ${CMAKE_CURRENT_LIST_DIR}/chaos/${name}.py)
  endforeach()

  # These wait most of the time, or break what is no matter of threads: they
  # show nothing to ThreadSanitizer that the others do not.
  foreach(name IN ITEMS
      c02_host_killed_behind_postfix c03_worker_hangs c04_crash_loop
      c05_poison_mail c09_disk_full c10_bad_file_base c11_no_descriptors
      c12_memory_limit c13_cpu_burners c15_broken_configurations
      c18_no_memory_for_two c19_clock_jumps c22_log_lost c24_soak
      c25_order_of_start)
    set_property(TEST chaos_${name} APPEND PROPERTY LABELS unthreaded)
  endforeach()
endif()
