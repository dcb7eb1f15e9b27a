# The compiler, its warnings, the sanitizers, the linker and the compiler cache.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} cannot build Vedette: it destroys temporaries twice in a full "
    "expression that contains co_await, so a correct coroutine frees memory that is in use. "
    "Configure with a preset (cmake --preset dev), which takes clang 19 "
    "(Debian 12 package clang-19).")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR
    "clang ${CMAKE_CXX_COMPILER_VERSION} cannot build Vedette: std::expected needs clang 19 "
    "(Debian 12 package clang-19).")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror=return-type
                    -Werror=unused-result -Wno-missing-field-initializers)
option(VEDETTE_WERROR "Treat warnings as errors" OFF)
if(VEDETTE_WERROR)
  add_compile_options(-Werror)
endif()
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

set(VEDETTE_SANITIZER "" CACHE STRING "address,undefined or thread")
if(VEDETTE_SANITIZER)
  add_compile_options(-fsanitize=${VEDETTE_SANITIZER} -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=${VEDETTE_SANITIZER})
  if(VEDETTE_SANITIZER MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

find_program(VEDETTE_LINKER NAMES mold ld.lld-19 ld.lld)
if(VEDETTE_LINKER MATCHES "mold")
  add_link_options(-fuse-ld=mold)
elseif(VEDETTE_LINKER)
  add_link_options(-fuse-ld=${VEDETTE_LINKER})
endif()

find_program(VEDETTE_CCACHE NAMES ccache)
if(VEDETTE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${VEDETTE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
