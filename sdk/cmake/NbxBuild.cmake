# How the folders of this tree become targets: warnings, sanitizers, layers, tests.

# Floating-point contraction would make results differ between compilers and ISA levels.
add_compile_options(-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith -Wwrite-strings
                    -ffp-contract=off -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  # Out-parameters that are set whenever a call answers NBX_OK look uninitialized to gcc; clang and the sanitizers watch them.
  add_compile_options(-Wno-maybe-uninitialized)
endif()
add_compile_definitions(_GNU_SOURCE)
if(NBX_WERROR)
  add_compile_options(-Werror)
endif()
if(NBX_SANITIZE)
  add_compile_options(-fsanitize=${NBX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${NBX_SANITIZE})
endif()

# The public headers as <nbx/...>: plugin headers and tables for everybody, the rest for nbx::nbx.
set(NBX_PLUGIN_INCLUDE ${CMAKE_BINARY_DIR}/include/plugin)
set(NBX_PUBLIC_INCLUDE ${CMAKE_BINARY_DIR}/include/public)
file(MAKE_DIRECTORY ${NBX_PLUGIN_INCLUDE}/nbx ${NBX_PUBLIC_INCLUDE}/nbx)
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/sdk/include/nbx/plugin ${NBX_PLUGIN_INCLUDE}/nbx/plugin SYMBOLIC)
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/sdk/tables ${NBX_PLUGIN_INCLUDE}/nbx/tables SYMBOLIC)
foreach(header nbx.h pipeline.h rt.h)
  if(EXISTS ${CMAKE_SOURCE_DIR}/sdk/include/nbx/${header})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/sdk/include/nbx/${header} ${NBX_PUBLIC_INCLUDE}/nbx/${header} SYMBOLIC)
  endif()
endforeach()

add_library(nbx_plugin_headers INTERFACE)
add_library(nbx::plugin ALIAS nbx_plugin_headers)
target_include_directories(nbx_plugin_headers INTERFACE $<BUILD_INTERFACE:${NBX_PLUGIN_INCLUDE}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(nbx_plugin_headers PROPERTIES EXPORT_NAME plugin)

add_library(nbx_public_headers INTERFACE)
target_include_directories(nbx_public_headers INTERFACE $<BUILD_INTERFACE:${NBX_PUBLIC_INCLUDE}>)
target_link_libraries(nbx_public_headers INTERFACE nbx_plugin_headers)

# nbx_layer(NAME USES a b): static library nbx_NAME of this folder's sources. Its headers are seen as "NAME/x.h", and only by
# those that name it in USES: a wrong include does not compile.
function(nbx_layer name)
  cmake_parse_arguments(LAYER "" "" "USES;PRIVATE" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${name} SYMBOLIC)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  add_library(nbx_${name} STATIC ${sources})
  target_include_directories(nbx_${name} PUBLIC $<BUILD_INTERFACE:${root}>)
  target_link_libraries(nbx_${name} PUBLIC ${LAYER_USES} PRIVATE ${LAYER_PRIVATE})
endfunction()

# nbx_tests(PREFIX LIBS...): every test_*.c of this folder (and below) is a Check program of its own.
function(nbx_tests prefix)
  if(NOT NBX_TESTS)
    return()
  endif()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/test_*.c)
  foreach(test ${tests})
    get_filename_component(stem ${test} NAME_WE)
    set(target ${prefix}_${stem})
    add_executable(${target} ${test})
    target_compile_options(${target} PRIVATE -Wno-missing-prototypes)
    target_compile_definitions(${target} PRIVATE NBX_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data"
      NBX_SHARED="${CMAKE_SOURCE_DIR}/../shared" NBX_BUILD="${CMAKE_BINARY_DIR}" NBX_SOURCE="${CMAKE_SOURCE_DIR}")
    target_link_libraries(${target} PRIVATE ${ARGN} PkgConfig::CHECK m)
    add_test(NAME ${prefix}.${stem} COMMAND ${target})
    set_tests_properties(${prefix}.${stem} PROPERTIES TIMEOUT 600 ENVIRONMENT "CK_DEFAULT_TIMEOUT=300")
  endforeach()
endfunction()
