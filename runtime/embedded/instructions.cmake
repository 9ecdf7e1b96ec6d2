# Counts instructions per step of the embedded scheduler, and fails when a step costs more than it
# should, or more with many tasks than with few.
#
#     cmake -DVALGRIND=valgrind -DPROGRAM=measure_embedded -DFOLDER=. -P instructions.cmake

# A whole step, with the task's own instructions and its wake of itself.  Counted with gcc 12 for
# x86-64: 53 to 110, of which the pick is 18 to 29; the rest is for other compilers.
set(step_max 120)

# instructions per poll, within `function`, as `result`
function(count result function tasks priority kind)
  execute_process(
    COMMAND ${VALGRIND} --tool=callgrind --callgrind-out-file=${FOLDER}/embedded.callgrind
            --toggle-collect=${function} ${PROGRAM} ${tasks} ${priority} ${kind}
    OUTPUT_VARIABLE polls ERROR_VARIABLE report COMMAND_ERROR_IS_FATAL ANY)
  if(NOT report MATCHES "Collected : ([0-9]+)")
    message(FATAL_ERROR "no count in: ${report}")
  endif()
  math(EXPR per_poll "${CMAKE_MATCH_1} / ${polls}")
  message(STATUS "${function}, ${tasks} tasks of priority ${priority}, ${kind}: ${per_poll}")
  set(${result} ${per_poll} PARENT_SCOPE)
endfunction()

foreach(kind wake burst)
  foreach(priority 0 4)
    count(few zyn_embedded_poll_next 2 ${priority} ${kind})
    count(many zyn_embedded_poll_next 16 ${priority} ${kind})
    count(most zyn_embedded_poll_next 32 ${priority} ${kind})
    if(many GREATER few OR most GREATER few)
      message(FATAL_ERROR "a step costs more with more tasks")
    endif()
    if(few GREATER step_max)
      message(FATAL_ERROR "a step costs more than ${step_max} instructions")
    endif()
  endforeach()
endforeach()
count(plain plain_round 16 0 plain)
