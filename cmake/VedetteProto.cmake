# vedette_proto(trial): the library vedette_proto_trial from proto/vedette/trial/v1/trial.proto, with
#   <vedette/trial/v1/trial.pb.h>, trial.grpc.pb.h and, from protoc-gen-vedette, trial.vedette.{h,cc}.
set(VEDETTE_PROTO_ROOT ${CMAKE_SOURCE_DIR}/proto)
set(VEDETTE_PROTO_OUT ${CMAKE_BINARY_DIR}/gen)
file(MAKE_DIRECTORY ${VEDETTE_PROTO_OUT})

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

function(vedette_proto service)
  set(stem vedette/${service}/v1/${service})
  set(base ${VEDETTE_PROTO_OUT}/${stem})
  add_custom_command(
    OUTPUT ${base}.pb.cc ${base}.pb.h ${base}.grpc.pb.cc ${base}.grpc.pb.h ${base}.vedette.cc ${base}.vedette.h
    COMMAND protobuf::protoc -I ${VEDETTE_PROTO_ROOT} --cpp_out=${VEDETTE_PROTO_OUT}
            --grpc_out=${VEDETTE_PROTO_OUT} --vedette_out=${VEDETTE_PROTO_OUT}
            --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>
            --plugin=protoc-gen-vedette=$<TARGET_FILE:protoc-gen-vedette>
            ${VEDETTE_PROTO_ROOT}/${stem}.proto
    DEPENDS ${VEDETTE_PROTO_ROOT}/${stem}.proto ${VEDETTE_PROTO_ROOT}/vedette/options.proto protoc-gen-vedette
    VERBATIM)
  add_library(vedette_proto_${service} STATIC ${base}.pb.cc ${base}.grpc.pb.cc ${base}.vedette.cc)
  target_include_directories(vedette_proto_${service} SYSTEM PUBLIC ${VEDETTE_PROTO_OUT})
  target_compile_options(vedette_proto_${service} PRIVATE -w -g0)
  target_link_libraries(vedette_proto_${service}
    PUBLIC vedette_proto_options vedette_kit_rpc gRPC::grpc++ protobuf::libprotobuf absl::synchronization)
endfunction()
