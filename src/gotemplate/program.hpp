#pragma once

#include "hitless/gotemplate/template.hpp"

#include "gotemplate/node.hpp"

#include <atomic>
#include <map>
#include <string>

namespace hitless::gotemplate {

/// A parsed template: its text, its definitions and the functions that they use.
struct Template::Program {
    std::string name;
    std::string text;
    std::map<std::string, Definition, std::less<>> definitions;
    Functions functions; ///< only those that the text names
    const Definition* main = nullptr;
    /// How long the last output was: the next one is likely as long, and gets its memory at once.
    mutable std::atomic<std::size_t> last_size = 0;
    mutable std::atomic<std::size_t> last_pieces = 0;
    mutable std::atomic<std::size_t> last_elements = 0;

    /// "NAME:LINE:COLUMN" of a place in the text; columns count bytes from 0, as in Go.
    [[nodiscard]] std::string place(std::size_t position) const;
    [[nodiscard]] int line_of(std::size_t position) const;
};

} // namespace hitless::gotemplate
