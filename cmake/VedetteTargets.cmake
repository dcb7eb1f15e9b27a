# Targets of one folder:
#   vedette_library(NAME SOURCES a.cc b.cc DEPS other_library …)
#   vedette_test(NAME SOURCES a_test.cc … DEPS …)      one binary, one ctest entry
#   vedette_embed(TARGET NAME variable FILES …)        files as constexpr text, for migrations and pages
function(vedette_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
endfunction()

function(vedette_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(VEDETTE_SANITIZER)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 5")  # sanitized binaries are several times slower
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}"
                       WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()

# vedette_embed(TARGET library NAMESPACE vedette::trial NAME kMigrations FILES a.sql b.sql)
# adds a header "<NAME lower>.embed.h" to the library that declares
#   inline constexpr vedette::EmbeddedFile NAME[] = {{"a.sql", "…"}, …};
function(vedette_embed)
  cmake_parse_arguments(ARG "" "TARGET;NAMESPACE;NAME;HEADER" "FILES" ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embed/${ARG_HEADER})
  set(paths)
  foreach(file ${ARG_FILES})
    list(APPEND paths ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  string(JOIN "|" joined ${paths})
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAMESPACE=${ARG_NAMESPACE} -DNAME=${ARG_NAME}
            -DFILES=${joined} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${paths} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${ARG_TARGET} PRIVATE ${out})
  target_include_directories(${ARG_TARGET} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/embed)
endfunction()
