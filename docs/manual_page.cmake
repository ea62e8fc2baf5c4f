# Makes a manual page of a page of documentation: its title becomes the page's.
# -DSOURCE=… -DNAME=… -DSECTION=… -DPAGE=… -DGO_MD2MAN=…
file(READ ${SOURCE} text)
string(REGEX REPLACE "^# [^\n]*\n" "" text "${text}")
file(WRITE ${PAGE}.md "% ${NAME} ${SECTION} hitless\n${text}")
execute_process(COMMAND ${GO_MD2MAN} -in ${PAGE}.md -out ${PAGE} COMMAND_ERROR_IS_FATAL ANY)
