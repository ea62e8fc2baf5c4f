#pragma once

#include "hitless/haproxy/pattern_file.hpp"
#include "hitless/haproxy/uses.hpp"
#include "hitless/plan/object.hpp"

#include <map>
#include <memory>
#include <optional>

namespace hitless::live {

/// What a file of patterns is to have. Many plans are made of it, so it is shared, and whoever
/// gives a file other entries makes others of these.
using SharedEntries = std::shared_ptr<const haproxy::PatternEntries>;

/// A map file or an ACL file that a configuration has HAProxy read.
struct PatternFile {
    SharedEntries entries;
    bool in_order = false; ///< see haproxy::FileUse

    friend bool operator==(const PatternFile&, const PatternFile&) = default;
};

/// What is wanted of files, beside a configuration that uses them: those that somebody keeps, and
/// no others.
using Files = std::map<plan::ObjectId, PatternFile>;

/// What commands can change of a file that is used so; nullopt: nothing.
[[nodiscard]] std::optional<plan::ObjectId::Kind> object_kind(haproxy::FileUse::Kind use);

/// Adds the file that `use` means, which object_kind() knows.
void add(Files& files, const haproxy::FileUse& use, const SharedEntries& entries);

} // namespace hitless::live
