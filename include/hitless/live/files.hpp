#pragma once

#include "hitless/haproxy/certificate.hpp"
#include "hitless/haproxy/entry_list.hpp"
#include "hitless/haproxy/uses.hpp"
#include "hitless/plan/object.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace hitless::live {

/// What a file of patterns is to have. Many plans are made of it, so it is shared, and whoever
/// gives a file other entries makes others of these.
using SharedEntries = std::shared_ptr<const haproxy::EntryList>;

/// The same of a certificate with its key.
using SharedCertificate = std::shared_ptr<const haproxy::Certificate>;

/// What a file has that a configuration has HAProxy read.
struct File {
    SharedEntries entries; ///< of a map or an ACL
    bool in_order = false; ///< see haproxy::FileUse
    SharedCertificate certificate = nullptr;
    /// An earlier hitlessd may have ended before it told HAProxy, so that it isn't enough that
    /// HAProxy shows what may be this certificate.
    bool is_in_doubt = false;
    /// False while the file is about to be written: HAProxy can be told by commands, but a reload
    /// would bring it what is still on disk.
    bool is_on_disk = true;

    friend bool operator==(const File&, const File&) = default;
};

/// What is wanted of files, beside a configuration that uses them: those that somebody keeps, and
/// no others.
using Files = std::map<plan::ObjectId, File>;

/// What commands can change of a file that is used so; nullopt: nothing.
[[nodiscard]] std::optional<plan::ObjectId::Kind> object_kind(haproxy::FileUse::Kind use);

/// What is in a file of that kind, which object_kind() knows. nullopt where commands can't bring it
/// to HAProxy: it is no certificate with its key.
[[nodiscard]] std::optional<File> read_file(haproxy::FileUse::Kind use, std::string_view text);
/// The same, where `before` was read from `text_before` for that use: of a map or an ACL, only what
/// differs is read.
[[nodiscard]] std::optional<File> read_file_again(haproxy::FileUse::Kind use, std::string_view text,
                                                  const File& before, std::string_view text_before);
/// Adds the file that `use` means. The last two: see File.
void add(Files& files, const haproxy::FileUse& use, const File& file, bool is_in_doubt = false,
         bool is_on_disk = true);

} // namespace hitless::live
