# Installs the build into a directory of its own, and builds and runs projects against that: one that includes each
# installed header alone, and the example of docs/library.md. Then the links of the installed documentation are tried.
# -DBUILD=… -DSOURCE=… -DWORK=… -DFLAGS=…
file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/prefix)
set(documentation ${prefix}/share/doc/hitless)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(build source directory)
  run(${CMAKE_COMMAND} -S ${source} -B ${directory} -G Ninja -DCMAKE_PREFIX_PATH=${prefix}
    "-DCMAKE_CXX_FLAGS=${FLAGS}" ${ARGN})
  run(${CMAKE_COMMAND} --build ${directory})
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
foreach(file bin/hitlessd bin/hitlessctl bin/hitless-render bin/hitless-register
    share/man/man8/hitlessd.8 share/man/man1/hitlessctl.1 share/man/man5/hitless-configuration.5
    share/doc/hitless/README.md share/doc/hitless/docs/hitlessd.md
    share/doc/hitless/examples/confd/conf.d/haproxy.toml)
  if(NOT EXISTS ${prefix}/${file})
    message(FATAL_ERROR "${file} was not installed")
  endif()
endforeach()
foreach(folder ctl daemon registration render)
  if(EXISTS ${prefix}/include/hitless/${folder})
    message(FATAL_ERROR "headers of ${folder}, which only our programs need, were installed")
  endif()
endforeach()

build(${SOURCE} ${WORK}/build)
run(${WORK}/build/consumer)

build(${documentation}/examples/library ${WORK}/example)
file(WRITE ${WORK}/app.tmpl "backend app\n{{range gets \"/*\"}} server {{base .Key}} {{.Value}}\n{{end}}")
file(WRITE ${WORK}/before.yaml "web1: 10.0.0.1:80\n")
file(WRITE ${WORK}/after.yaml "web2: 10.0.0.2:80\n")
execute_process(COMMAND ${WORK}/example/dry-run ${WORK}/app.tmpl ${WORK}/before.yaml ${WORK}/after.yaml
  OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
if(NOT output STREQUAL "differs: server app/web2\ndiffers: server app/web1\nno reload\n")
  message(FATAL_ERROR "the example printed: ${output}")
endif()

run(${CMAKE_COMMAND} -E env HITLESS_DOCUMENTATION=${documentation} ${BUILD}/bin/test_docs --gtest_filter=Links.*)
