# nbx_add_plugin(NAME SOURCES a.c b.c ... [LINKS lib ...] [OUTPUT_DIRECTORY dir] [INSTALL_DIRECTORY dir] [NO_MANIFEST])
#
# Builds the plugin NAME.so and its manifest NAME.plugin.yaml into ${CMAKE_BINARY_DIR}/plugins. The library exports
# nbx_plugin_query and nothing else, resolves all its symbols at link time, and needs no libnbx: nbx::plugin (headers) and
# nbx::schema (static, hidden) are linked. Works in the NBX tree and with find_package(nbx).

if(TARGET nbx_schema AND NOT TARGET nbx::schema)
  add_library(nbx::schema ALIAS nbx_schema)
endif()

function(nbx_add_plugin name)
  cmake_parse_arguments(PLUGIN "NO_MANIFEST" "OUTPUT_DIRECTORY;INSTALL_DIRECTORY" "SOURCES;LINKS" ${ARGN})
  if(NOT PLUGIN_SOURCES)
    message(FATAL_ERROR "nbx_add_plugin(${name}): SOURCES are missing")
  endif()
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  # The NBX tree installs its own plugins; a vendor's project says where.
  get_property(destination GLOBAL PROPERTY NBX_PLUGIN_DESTINATION)
  if(NOT PLUGIN_OUTPUT_DIRECTORY AND NOT PLUGIN_INSTALL_DIRECTORY AND destination)
    set(PLUGIN_INSTALL_DIRECTORY ${destination})
  endif()
  if(NOT PLUGIN_OUTPUT_DIRECTORY)
    set(PLUGIN_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  endif()
  set(target nbx_plugin_${name})
  add_library(${target} MODULE ${PLUGIN_SOURCES})
  target_link_libraries(${target} PRIVATE nbx::plugin nbx::schema ${PLUGIN_LINKS})
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".so" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${PLUGIN_OUTPUT_DIRECTORY}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    BUILD_WITH_INSTALL_RPATH ON # no path of this build inside, and installing changes no byte
    LINK_DEPENDS ${exports})
  target_link_options(${target} PRIVATE -Wl,-Bsymbolic-functions -Wl,-z,noexecstack
    -Wl,--version-script=${exports})
  # A shared object built by clang with sanitizers leaves the sanitizer's symbols to the executable.
  if(NOT (CMAKE_C_COMPILER_ID MATCHES Clang AND (NBX_SANITIZE OR "${CMAKE_C_FLAGS}" MATCHES "-fsanitize")))
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  if(PLUGIN_NO_MANIFEST)
    return()
  endif()
  if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    message(STATUS "nbx_add_plugin(${name}): cross-compiling; run nbx-manifest on the target to write ${name}.plugin.yaml")
    return()
  endif()
  # A umask that lets the group write would make the loader refuse what it has just been given.
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND chmod go-w $<TARGET_FILE:${target}> ${PLUGIN_OUTPUT_DIRECTORY}
    COMMAND nbx::manifest -o ${PLUGIN_OUTPUT_DIRECTORY}/${name}.plugin.yaml $<TARGET_FILE:${target}>
    COMMAND chmod go-w ${PLUGIN_OUTPUT_DIRECTORY}/${name}.plugin.yaml
    COMMENT "Manifest of plugin ${name}" VERBATIM)
  # As files: an installation that rewrites or strips the library would break its digest.
  if(PLUGIN_INSTALL_DIRECTORY)
    install(FILES $<TARGET_FILE:${target}> ${PLUGIN_OUTPUT_DIRECTORY}/${name}.plugin.yaml DESTINATION ${PLUGIN_INSTALL_DIRECTORY}
      COMPONENT runtime)
  endif()
endfunction()
