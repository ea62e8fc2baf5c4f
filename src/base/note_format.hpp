#pragma once

#include "hitless/base/result.hpp"

/// The notes beside dest are how hitlessd and hitlessctl tell one another things, and how a
/// hitlessd tells the next one. Each has the number of its format, so that programs of different
/// builds say so instead of misreading it.
namespace hitless::base {

/// Of what the notes say, and of the kind of lock that shows that hitlessd runs. To be raised
/// whenever another build would misread either.
inline constexpr int note_format = 2;

/// Of a note that has no number, as builds wrote it before there was one.
inline constexpr int unnumbered_format = 1;

/// The name that the number has in a note: a member of one in JSON; the first word of a line.
inline constexpr const char* note_format_name = "format";

/// The number in a note in JSON that is an object. What isn't a number is no format that we know.
template <typename Json>
[[nodiscard]] int note_format_of(const Json& note) {
    const auto format = note.find(note_format_name);
    if (format == note.end())
        return unnumbered_format;
    constexpr int not_known = note_format + 1;
    return format->is_number_unsigned() && *format <= note_format ? format->template get<int>()
                                                                  : not_known;
}

/// Of a note that only counts while the program runs that wrote it: an Error when that is of
/// another build.
[[nodiscard]] Result<void> expect_same_build(int format);

/// Of a note that outlives an update: an Error when a newer build wrote it.
[[nodiscard]] Result<void> expect_no_newer_build(int format);

} // namespace hitless::base
