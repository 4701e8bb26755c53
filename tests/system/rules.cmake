# Rules about the tree itself; each script says on top what it checks. They
# look at sources and at what the build exports, so one build runs them.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

foreach(rule IN ITEMS
    abi
    abi_breaks
    banned_functions
    exported_symbols
    file_headers
    headers_alone
    include_rules
    locking_table
    no_foreign_traces
    options_documented)
  assay_add_script_test(rule_${rule} LABELS rules
    COMMAND ${Python3_EXECUTABLE} -B
      ${CMAKE_CURRENT_LIST_DIR}/rules/${rule}.py)
endforeach()
