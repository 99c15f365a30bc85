# The protobuf-c structs of ONNX, generated from the onnx.proto of the machine. Fields that later ONNX releases added and that
# the import reads are added where the installed file is too old to have them (numbers: onnx.proto of ONNX 1.16).
find_package(PkgConfig REQUIRED)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET GLOBAL libprotobuf-c)
find_path(ONNX_PROTO_DIR onnx/onnx.proto REQUIRED)
find_program(PROTOC_C protoc-c REQUIRED)

set(proto_dir ${CMAKE_CURRENT_BINARY_DIR}/onnx_proto)
file(MAKE_DIRECTORY ${proto_dir})
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ONNX_PROTO_DIR}/onnx/onnx.proto)
file(READ ${ONNX_PROTO_DIR}/onnx/onnx.proto text)
function(nbx_add_field message field)
  if(NOT text MATCHES "message ${message} {[^}]*${field}")
    string(REPLACE "message ${message} {" "message ${message} {\n  ${field};" text "${text}")
    set(text "${text}" PARENT_SCOPE)
  endif()
endfunction()
nbx_add_field(NodeProto "optional string overload = 8")
nbx_add_field(FunctionProto "repeated AttributeProto attribute_proto = 11")
nbx_add_field(FunctionProto "optional string overload = 13")
file(CONFIGURE OUTPUT ${proto_dir}/onnx.proto CONTENT "@text@" @ONLY)

add_custom_command(OUTPUT ${proto_dir}/onnx.pb-c.c ${proto_dir}/onnx.pb-c.h
  COMMAND ${PROTOC_C} --c_out=${proto_dir} --proto_path=${proto_dir} ${proto_dir}/onnx.proto
  DEPENDS ${proto_dir}/onnx.proto COMMENT "Generating onnx.pb-c" VERBATIM)
add_library(nbx_onnx_proto STATIC ${proto_dir}/onnx.pb-c.c)
target_compile_options(nbx_onnx_proto PRIVATE -w)
target_include_directories(nbx_onnx_proto SYSTEM PUBLIC $<BUILD_INTERFACE:${proto_dir}>)
target_link_libraries(nbx_onnx_proto PUBLIC PkgConfig::PROTOBUF_C)
