# cmake -DFOLDER=… -DFILES=a;b -DOUTPUT=… -P embed.cmake: the files as a table of C++.
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_mjs "text/javascript; charset=utf-8")
set(type_json "application/json")
set(type_webmanifest "application/manifest+json")
set(type_svg "image/svg+xml")
set(type_png "image/png")
set(type_ico "image/x-icon")
set(type_woff2 "font/woff2")
set(type_txt "text/plain; charset=utf-8")

set(rows "")
foreach(file ${FILES})
  file(READ ${FOLDER}/${file} bytes HEX)
  file(SHA256 ${FOLDER}/${file} hash)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
  string(SUBSTRING ${hash} 0 20 hash)
  string(REGEX MATCH "[^.]*$" ending ${file})
  set(type "application/octet-stream")
  if(DEFINED type_${ending})
    set(type "${type_${ending}}")
  endif()
  set(path "/assets/${file}")
  if(file STREQUAL "index.html")
    set(path "/")
  endif()
  string(APPEND rows "    {\"${path}\", \"${type}\", \"\\\"${hash}\\\"\",\n"
    "     std::string_view(\"${bytes}\", ${size})},\n")
endforeach()

file(WRITE ${OUTPUT}.new "// Made by src/page/embed.cmake.
#include \"page/assets.hpp\"

#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace hitless::page {
namespace {

const http::Asset files[] = {
${rows}};

} // namespace

std::span<const http::Asset> assets() {
    return files;
}

} // namespace hitless::page
")
file(RENAME ${OUTPUT}.new ${OUTPUT})
