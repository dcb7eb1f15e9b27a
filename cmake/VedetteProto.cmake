# vedette_proto(trial): the library vedette_proto_trial from proto/vedette/trial/v1/trial.proto, with
#   <vedette/trial/v1/trial.pb.h> and, from protoc-gen-vedette, <vedette/trial/v1/trial.vedette.h>.
# There is no grpc.pb.h: kit/rpc speaks gRPC without generated code.
set(VEDETTE_PROTO_ROOT ${CMAKE_SOURCE_DIR}/proto)
set(VEDETTE_PROTO_OUT ${CMAKE_BINARY_DIR}/gen)
file(MAKE_DIRECTORY ${VEDETTE_PROTO_OUT})
file(GLOB_RECURSE VEDETTE_PROTO_FILES CONFIGURE_DEPENDS ${VEDETTE_PROTO_ROOT}/*.proto)

# Messages only: vedette_proto_messages(target path/without/extension …)
function(vedette_proto_messages target)
  set(sources)
  foreach(stem ${ARGN})
    set(base ${VEDETTE_PROTO_OUT}/${stem})
    add_custom_command(
      OUTPUT ${base}.pb.cc ${base}.pb.h
      COMMAND protobuf::protoc -I ${VEDETTE_PROTO_ROOT} --cpp_out=${VEDETTE_PROTO_OUT}
              ${VEDETTE_PROTO_ROOT}/${stem}.proto
      DEPENDS ${VEDETTE_PROTO_ROOT}/${stem}.proto
      VERBATIM)
    list(APPEND sources ${base}.pb.cc)
  endforeach()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} SYSTEM PUBLIC ${VEDETTE_PROTO_OUT})
  target_compile_options(${target} PRIVATE -w -g0)
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
endfunction()

# vedette_proto(service [PACKAGE path] [ROOT folder]): the package's path is vedette/<service>/v1 unless
# given, and its root the tree's proto/.
function(vedette_proto service)
  cmake_parse_arguments(ARG "" "PACKAGE;ROOT" "" ${ARGN})
  if(NOT ARG_PACKAGE)
    set(ARG_PACKAGE vedette/${service}/v1)
  endif()
  if(NOT ARG_ROOT)
    set(ARG_ROOT ${VEDETTE_PROTO_ROOT})
  endif()
  set(source ${ARG_ROOT}/${ARG_PACKAGE}/${service}.proto)
  set(base ${VEDETTE_PROTO_OUT}/${ARG_PACKAGE}/${service})
  add_custom_command(
    OUTPUT ${base}.pb.cc ${base}.pb.h ${base}.vedette.cc ${base}.vedette.h
    COMMAND protobuf::protoc -I ${ARG_ROOT} -I ${VEDETTE_PROTO_ROOT} --cpp_out=${VEDETTE_PROTO_OUT}
            --vedette_out=${VEDETTE_PROTO_OUT}
            --plugin=protoc-gen-vedette=$<TARGET_FILE:protoc-gen-vedette> ${source}
    DEPENDS ${source} ${VEDETTE_PROTO_FILES} protoc-gen-vedette
    VERBATIM)
  add_library(vedette_proto_${service} STATIC ${base}.pb.cc ${base}.vedette.cc)
  target_include_directories(vedette_proto_${service} SYSTEM PUBLIC ${VEDETTE_PROTO_OUT})
  target_compile_options(vedette_proto_${service} PRIVATE -w -g0)
  target_link_libraries(vedette_proto_${service}
    PUBLIC vedette_proto_options vedette_kit_rpc protobuf::libprotobuf)
endfunction()

# vedette_openapi_document(service …): the target vedette_openapi makes gen/openapi.json for these
# services, and the library vedette_openapi_text holds it as vedette::OpenApiDocument().
function(vedette_openapi_document)
  set(protos)
  foreach(service ${ARGN})
    list(APPEND protos ${VEDETTE_PROTO_ROOT}/vedette/${service}/v1/${service}.proto)
  endforeach()
  set(document ${VEDETTE_PROTO_OUT}/openapi.json)
  set(text ${VEDETTE_PROTO_OUT}/openapi_text.embed.h)
  add_custom_command(
    OUTPUT ${document}
    COMMAND protobuf::protoc -I ${VEDETTE_PROTO_ROOT} --vedette_out=${VEDETTE_PROTO_OUT}
            --vedette_opt=openapi --plugin=protoc-gen-vedette=$<TARGET_FILE:protoc-gen-vedette>
            ${protos}
    DEPENDS ${VEDETTE_PROTO_FILES} protoc-gen-vedette
    VERBATIM)
  add_custom_target(vedette_openapi DEPENDS ${document})
  add_custom_command(
    OUTPUT ${text}
    COMMAND ${CMAKE_COMMAND} -DOUT=${text} -DNAMESPACE=vedette -DNAME=kOpenApiFiles
            -DFILES=${document} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${document} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  add_library(vedette_openapi_text STATIC ${CMAKE_SOURCE_DIR}/src/kit/rpc/openapi_text.cc ${text})
  target_include_directories(vedette_openapi_text PUBLIC ${CMAKE_SOURCE_DIR}/src
                                                  PRIVATE ${VEDETTE_PROTO_OUT})
endfunction()
