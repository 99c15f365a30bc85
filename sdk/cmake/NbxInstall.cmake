# What is installed, by component: `runtime` (libnbx, plugins, target files), `tools` (the command), `sdk` (headers, nbx::plugin,
# nbx::schema, nbx::kernels, nbx-manifest, nbx_add_plugin, the example plugin), `rt` (libnbx-rt for the board, which needs nothing
# else). find_package(nbx) gives the targets of what is there, nbx_add_plugin() and nbx_PLUGIN_DIR.
include(CMakePackageConfigHelpers)

set(NBX_CMAKE_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/nbx)
set(NBX_PLUGIN_DESTINATION ${CMAKE_INSTALL_LIBDIR}/nbx/plugins-1)
set_property(GLOBAL PROPERTY NBX_PLUGIN_DESTINATION ${NBX_PLUGIN_DESTINATION}) # for nbx_add_plugin() in other folders

# Headers of schema are seen as "schema/x.h", in the tree and installed.
target_include_directories(nbx_schema INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/nbx/sdk>)
target_include_directories(nbx_public_headers INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(nbx_schema PROPERTIES EXPORT_NAME schema)
set_target_properties(nbx_public_headers PROPERTIES EXPORT_NAME headers)

# Three export sets, so that a vendor needs no libnbx and a board's project no more than libnbx-rt. nbx_kernels joins the first.
install(TARGETS nbx_plugin_headers nbx_public_headers nbx_schema nbx_manifest EXPORT nbx
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT sdk
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
install(TARGETS nbx_shared EXPORT nbxLib
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT sdk)
install(TARGETS nbx_rt_shared EXPORT nbxRt
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT rt NAMELINK_COMPONENT sdk)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/include/nbx DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/tables DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/nbx COMPONENT sdk FILES_MATCHING PATTERN "*.def")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/sdk/schema DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/nbx/sdk COMPONENT sdk FILES_MATCHING PATTERN "*.h")
install(EXPORT nbx NAMESPACE nbx:: FILE nbxTargets.cmake DESTINATION ${NBX_CMAKE_DESTINATION} COMPONENT sdk)
install(EXPORT nbxLib NAMESPACE nbx:: FILE nbxLibTargets.cmake DESTINATION ${NBX_CMAKE_DESTINATION} COMPONENT sdk)
install(EXPORT nbxRt NAMESPACE nbx:: FILE nbxRtTargets.cmake DESTINATION ${NBX_CMAKE_DESTINATION} COMPONENT sdk)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/nbxConfig.cmake.in ${CMAKE_BINARY_DIR}/cmake/nbxConfig.cmake
  INSTALL_DESTINATION ${NBX_CMAKE_DESTINATION} PATH_VARS NBX_PLUGIN_DESTINATION CMAKE_INSTALL_LIBDIR)
# While the version begins with 0, a minor version may break what the one before had.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cmake/nbxConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cmake/nbxConfig.cmake ${CMAKE_BINARY_DIR}/cmake/nbxConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/NbxPlugin.cmake ${CMAKE_CURRENT_LIST_DIR}/plugin.map DESTINATION ${NBX_CMAKE_DESTINATION} COMPONENT sdk)

# Prefixes relative to the .pc file: a moved installation stays right.
file(RELATIVE_PATH NBX_PC_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
foreach(package nbx nbx-rt nbx-kernels)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${package}.pc.in ${CMAKE_BINARY_DIR}/cmake/${package}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/cmake/${package}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT sdk)
endforeach()
