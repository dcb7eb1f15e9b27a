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

# vedette_proto(service [package/path]): the path is vedette/<service>/v1 unless given.
function(vedette_proto service)
  set(stem vedette/${service}/v1/${service})
  if(ARGC GREATER 1)
    set(stem ${ARGV1}/${service})
  endif()
  set(base ${VEDETTE_PROTO_OUT}/${stem})
  add_custom_command(
    OUTPUT ${base}.pb.cc ${base}.pb.h ${base}.vedette.cc ${base}.vedette.h
    COMMAND protobuf::protoc -I ${VEDETTE_PROTO_ROOT} --cpp_out=${VEDETTE_PROTO_OUT}
            --vedette_out=${VEDETTE_PROTO_OUT}
            --plugin=protoc-gen-vedette=$<TARGET_FILE:protoc-gen-vedette>
            ${VEDETTE_PROTO_ROOT}/${stem}.proto
    DEPENDS ${VEDETTE_PROTO_FILES} protoc-gen-vedette
    VERBATIM)
  add_library(vedette_proto_${service} STATIC ${base}.pb.cc ${base}.vedette.cc)
  target_include_directories(vedette_proto_${service} SYSTEM PUBLIC ${VEDETTE_PROTO_OUT})
  target_compile_options(vedette_proto_${service} PRIVATE -w -g0)
  target_link_libraries(vedette_proto_${service}
    PUBLIC vedette_proto_options vedette_kit_rpc protobuf::libprotobuf)
endfunction()
