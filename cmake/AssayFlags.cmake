# Compiler flags live in one INTERFACE target, linked PRIVATE everywhere.

add_library(assay_build_flags INTERFACE)
target_compile_definitions(assay_build_flags INTERFACE _GNU_SOURCE)
target_compile_options(assay_build_flags INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual
  -Wformat=2 -Wvla -Wundef -Wwrite-strings -Wpointer-arith
  -fno-common -ffunction-sections -fdata-sections)

if(ASSAY_WERROR)
  target_compile_options(assay_build_flags INTERFACE -Werror)
endif()

if(ASSAY_LOCK_CHECKS)
  target_compile_definitions(assay_build_flags INTERFACE ASSAY_LOCK_CHECKS)
endif()

if(ASSAY_SANITIZE)
  list(JOIN ASSAY_SANITIZE "," sanitizers)
  target_compile_options(assay_build_flags INTERFACE
    -fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(assay_build_flags INTERFACE -fsanitize=${sanitizers})
else()
  # Hardening goes with the ordinary builds; the sanitizers bring their own.
  target_compile_options(assay_build_flags INTERFACE
    -fstack-protector-strong -fcf-protection
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-D_FORTIFY_SOURCE=2>)
  target_link_options(assay_build_flags INTERFACE
    -Wl,-z,relro,-z,now -Wl,--as-needed)
endif()

if(ASSAY_BUILD_FUZZERS)
  # The layers must be instrumented too, or libFuzzer sees no coverage.
  target_compile_options(assay_build_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(ASSAY_COVERAGE)
  target_compile_options(assay_build_flags INTERFACE --coverage)
  target_link_options(assay_build_flags INTERFACE --coverage)
endif()
