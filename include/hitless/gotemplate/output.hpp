#pragma once

#include "hitless/gotemplate/trace.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What executing a template gives beside its text: where each piece comes from, and what was left
/// out.
namespace hitless::gotemplate {

/// A piece of the output that an action printed, and that was made from a source.
struct PrintedPiece {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    SourceId source = no_source;
    std::uint32_t action = 0; ///< the action's place in the template's text
};

/// What executing a range's body for one element printed.
struct Element {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t action = 0;    ///< the range's place in the template's text
    SourceId source = no_source; ///< of the element; no_source: it is the template's own
};

/// What a value has spoilt: an error that its sources are to blame for.
struct Trouble {
    std::string message; ///< as Go has it, with its place: "template: NAME:LINE:COLUMN: …"
    std::string what;    ///< the message without the place
    int line = 0;        ///< in the template
    Trace blame;         ///< empty: the template itself
    bool of_all = false; ///< no element of a range was usable: look at the template, too
};

/// An element of a range that was left out, and why. Its trouble is the same object as long as the
/// element stays the same and its body wasn't executed again.
struct LeftOut {
    std::uint32_t at = 0; ///< where in the output it is missing
    std::shared_ptr<const Trouble> trouble;
};

/// The result of an execution.
struct Output {
    std::string text;
    std::vector<PrintedPiece> pieces; ///< in the order of their begins
    std::vector<Element> elements;    ///< an outer one before those within it
    std::vector<LeftOut> left_out;
    std::optional<Trouble> failure; ///< the execution failed; all else is empty
};

/// Judges what is printed. Returns what is wrong with printing `piece`, which comes from the
/// untrusted `source`; nullopt when nothing is. It isn't asked for pieces of printable ASCII
/// characters, with which nothing can be wrong.
using Gate = std::function<std::optional<std::string>(std::string_view piece, SourceId source)>;

/// How to execute a template whose data holds untrusted values.
struct Execution {
    const Gate* gate = nullptr; ///< everything may be printed when there is none
    /// An element of a range that a value has spoilt costs itself and not the whole execution: the
    /// gate refuses it, a function fails for it, it prints `<no value>`.
    bool leaves_out = false;
};

} // namespace hitless::gotemplate
