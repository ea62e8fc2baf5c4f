#include "hitless/confd/renderer.hpp"

#include <cstdlib>
#include <string_view>

/// Parses and executes any text as a template with confd's functions over some keys.
namespace {

using namespace hitless;

const keys::KeyTree& tree() {
    static const keys::KeyTree filled = [] {
        keys::KeyTree made;
        for (const auto& [key, value] : std::initializer_list<std::pair<const char*, const char*>>{
                 {"/top", "level"},
                 {"/app/servers/a", "10.0.0.1:80"},
                 {"/app/servers/b", "10.0.0.2:80"},
                 {"/app-x/port", "81"},
                 {"/json/o", R"({"a":[1,2.5,"x",null,true],"b":{"c":1e6}})"},
                 {"/json/a", R"(["a","b"])"},
                 {"/text", "a,b\n\xff\u00e4"},
             })
            made.apply({keys::Event::Kind::put, key, value});
        return made;
    }();
    return filled;
}

/// All but those that ask the system, whose answers differ from call to call or take long.
gotemplate::Functions functions() {
    auto all = confd::functions(&tree());
    for (const char* const name :
         {"datetime", "getenv", "hostname", "fileExists", "lookupIP", "lookupIPV4", "lookupIPV6",
          "lookupSRV", "lookupIfaceIPV4", "lookupIfaceIPV6"})
        all.erase(name);
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
    static const gotemplate::Functions known = functions();
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto parsed = gotemplate::Template::parse("t", text, known);
    if (!parsed)
        return 0;
    // The same twice: an execution leaves nothing behind.
    const auto first = parsed->execute();
    const auto second = parsed->execute();
    if (first.has_value() != second.has_value() || (first && *first != *second))
        std::abort();
    return 0;
}
