# Fails when libzynrt_embedded.a needs anything that a machine without an operating system lacks.
#
#     cmake -DNM=nm -DLIBRARY=libzynrt_embedded.a -P symbols.cmake
#
# Allowed are the functions that a C compiler asks of a freestanding program.

execute_process(
  COMMAND ${NM} --undefined-only --no-sort --format=posix ${LIBRARY}
  OUTPUT_VARIABLE undefined COMMAND_ERROR_IS_FATAL ANY)
execute_process(
  COMMAND ${NM} --defined-only --extern-only --format=posix ${LIBRARY}
  OUTPUT_VARIABLE defined COMMAND_ERROR_IS_FATAL ANY)

string(REGEX MATCHALL "[A-Za-z_][A-Za-z_0-9]* U" needed "${undefined}")
set(missing "")
foreach(line IN LISTS needed)
  string(REGEX REPLACE " U$" "" symbol "${line}")
  if(symbol MATCHES "^(memcpy|memset|memmove|memcmp)$")
    continue()
  endif()
  if(NOT defined MATCHES "(^|\n)${symbol} T")
    list(APPEND missing ${symbol})
  endif()
endforeach()
if(missing)
  message(FATAL_ERROR "the embedded library needs: ${missing}")
endif()
if(NOT defined MATCHES "zyn_embedded_poll_next T")
  message(FATAL_ERROR "${NM} found no scheduler in ${LIBRARY}")
endif()
message(STATUS "nothing but the library itself is needed")
