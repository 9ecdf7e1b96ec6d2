# libzynrt_embedded.a: the embedded runtime by itself, for machines without an operating system.
#
# It is compiled as freestanding C; what it asks of whoever links it is checked by a test.  Cross
# compilers need no more than this: cc -std=c11 -ffreestanding -Iruntime/include -Iruntime/core
# -c runtime/embedded/{scheduler,future,join_set}.c

set(embedded_dir "${CMAKE_CURRENT_SOURCE_DIR}/embedded")
add_library(
  zynrt_embedded STATIC EXCLUDE_FROM_ALL
  "${embedded_dir}/scheduler.c" "${embedded_dir}/future.c" "${embedded_dir}/join_set.c")
target_include_directories(
  zynrt_embedded
  PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}/include"
  PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/core")
# Small before fast, and the same in every build, so that what is measured is what is shipped.
target_compile_options(zynrt_embedded PRIVATE -ffreestanding -fno-stack-protector -O2)
target_link_libraries(zynrt_embedded PRIVATE zyn_c_flags)

# A C program against zynrt.h and that library alone.
add_executable(example_embedded "${CMAKE_SOURCE_DIR}/examples/embedded.c")
target_link_libraries(example_embedded PRIVATE zynrt_embedded zyn_c_flags)
add_test(NAME runtime.example_embedded COMMAND example_embedded)
set_tests_properties(
  runtime.example_embedded PROPERTIES PASS_REGULAR_EXPRESSION
  "sum of the samples: 60\nheartbeat 1\nno room: every place is taken")

# Sanitizers add symbols of their own.
if(NOT ZYN_SANITIZE)
  add_test(
    NAME runtime.embedded_symbols
    COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DLIBRARY=$<TARGET_FILE:zynrt_embedded> -P
            "${embedded_dir}/symbols.cmake")
endif()

find_program(ZYN_VALGRIND valgrind)
if(ZYN_SANITIZE OR NOT ZYN_VALGRIND)
  message(STATUS "zyn: the instructions of an embedded step are not counted: "
                 "sanitized build, or no valgrind")
else()
  add_executable(measure_embedded "${CMAKE_CURRENT_SOURCE_DIR}/test/measure_embedded.c")
  target_compile_options(measure_embedded PRIVATE -O2)
  target_link_libraries(measure_embedded PRIVATE zynrt_embedded zyn_c_flags)
  add_test(
    NAME runtime.embedded_instructions
    COMMAND ${CMAKE_COMMAND} -DVALGRIND=${ZYN_VALGRIND} -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}
            -DPROGRAM=$<TARGET_FILE:measure_embedded> -P "${embedded_dir}/instructions.cmake")
endif()
