#include "gotemplate/support.hpp"

#include <cstdlib>

/// Parses and executes any text as a template, over data of all types.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
    using namespace hitless::gotemplate;
    static const Functions functions = test::functions();
    static const Value data = test::data();
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto parsed = Template::parse("t", text, functions);
    if (!parsed)
        return 0;
    // The same twice: an execution leaves nothing behind.
    const auto first = parsed->execute(data);
    const auto second = parsed->execute(data);
    if (first.has_value() != second.has_value() || (first && *first != *second))
        std::abort();
    return 0;
}
