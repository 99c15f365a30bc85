# What vendors and boards install: component `sdk` (headers, nbx::plugin, nbx::schema, nbx-manifest, nbx_add_plugin) and
# component `rt` (libnbx-rt). find_package(nbx) gives the targets, nbx_add_plugin() and nbx_PLUGIN_DIR.
include(CMakePackageConfigHelpers)

set(NBX_CMAKE_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/nbx)
set(NBX_PLUGIN_DESTINATION ${CMAKE_INSTALL_LIBDIR}/nbx/plugins-1)
set_property(GLOBAL PROPERTY NBX_PLUGIN_DESTINATION ${NBX_PLUGIN_DESTINATION}) # for nbx_add_plugin() in other folders

# Headers of schema are seen as "schema/x.h", in the tree and installed.
target_include_directories(nbx_schema INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/nbx/sdk>)
target_include_directories(nbx_public_headers INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(nbx_schema PROPERTIES EXPORT_NAME schema)
set_target_properties(nbx_public_headers PROPERTIES EXPORT_NAME headers)

install(TARGETS nbx_plugin_headers nbx_public_headers nbx_schema nbx_manifest EXPORT nbx
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT sdk
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
install(TARGETS nbx_rt_shared EXPORT nbx
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT rt NAMELINK_COMPONENT sdk)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/include/nbx DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/tables DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/nbx COMPONENT sdk FILES_MATCHING PATTERN "*.def")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/schema DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/nbx/sdk COMPONENT sdk FILES_MATCHING PATTERN "*.h")

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/nbxConfig.cmake.in ${CMAKE_BINARY_DIR}/cmake/nbxConfig.cmake
  INSTALL_DESTINATION ${NBX_CMAKE_DESTINATION} PATH_VARS NBX_PLUGIN_DESTINATION)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cmake/nbxConfigVersion.cmake COMPATIBILITY SameMinorVersion)
configure_file(${CMAKE_CURRENT_LIST_DIR}/nbx-rt.pc.in ${CMAKE_BINARY_DIR}/cmake/nbx-rt.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/cmake/nbxConfig.cmake ${CMAKE_BINARY_DIR}/cmake/nbxConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/NbxPlugin.cmake ${CMAKE_CURRENT_LIST_DIR}/plugin.map DESTINATION ${NBX_CMAKE_DESTINATION} COMPONENT sdk)
install(EXPORT nbx NAMESPACE nbx:: FILE nbxTargets.cmake DESTINATION ${NBX_CMAKE_DESTINATION} COMPONENT sdk)
install(FILES ${CMAKE_BINARY_DIR}/cmake/nbx-rt.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT sdk)
