# Installs the build into a directory of its own, and builds and runs a project against that.
# -DBUILD=… -DSOURCE=… -DWORK=… -DFLAGS=…
file(REMOVE_RECURSE ${WORK})
foreach(step
    "${CMAKE_COMMAND};--install;${BUILD};--prefix;${WORK}/prefix"
    "${CMAKE_COMMAND};-S;${SOURCE};-B;${WORK}/build;-G;Ninja;-DCMAKE_PREFIX_PATH=${WORK}/prefix;-DCMAKE_CXX_FLAGS=${FLAGS}"
    "${CMAKE_COMMAND};--build;${WORK}/build"
    "${WORK}/build/consumer")
  execute_process(COMMAND ${step} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(file bin/hitlessd bin/hitlessctl share/man/man8/hitlessd.8 share/man/man1/hitlessctl.1 share/doc/hitless/README.md share/doc/hitless/examples/confd/conf.d/haproxy.toml)
  if(NOT EXISTS ${WORK}/prefix/${file})
    message(FATAL_ERROR "${file} was not installed")
  endif()
endforeach()
