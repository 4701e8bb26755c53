# Install rules for what other programs build against: headers, the CMake
# package assay::assay and assay.pc.

include(CMakePackageConfigHelpers)

install(TARGETS assay EXPORT assayTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime
          NAMELINK_COMPONENT dev
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
install(EXPORT assayTargets NAMESPACE assay:: COMPONENT dev
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/assay)

set(ASSAY_ENGINE_DIR ${CMAKE_INSTALL_LIBDIR}/assay/engines)
set(ASSAY_PROVIDER_DIR ${CMAKE_INSTALL_LIBDIR}/assay/providers)
set(ASSAY_SCORER_DIR ${CMAKE_INSTALL_LIBDIR}/assay/scorers)
set(ASSAY_ENGINE_ABI 1)
configure_package_config_file(cmake/assayConfig.cmake.in
  ${PROJECT_BINARY_DIR}/assayConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/assay
  PATH_VARS ASSAY_ENGINE_DIR ASSAY_PROVIDER_DIR ASSAY_SCORER_DIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/assayConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/assayConfig.cmake
  ${PROJECT_BINARY_DIR}/assayConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/assay COMPONENT dev)
# assay.pc finds the prefix from where it lies, wherever --prefix puts it.
file(RELATIVE_PATH ASSAY_PC_TO_PREFIX
  /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" ASSAY_PC_TO_PREFIX "${ASSAY_PC_TO_PREFIX}")
configure_file(cmake/assay.pc.in ${PROJECT_BINARY_DIR}/assay.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/assay.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
