#pragma once

#include "hitless/confd/renderer.hpp"
#include "hitless/confd/resource.hpp"
#include "hitless/gotemplate/output.hpp"
#include "hitless/haproxy/uses.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Carries plans out and keeps what must not happen from happening.
namespace hitless::apply {

/// How far a template resource trusts those who write keys.
struct Rules {
    std::string prefix = "/"; ///< of the keys, which messages name by their whole names
    bool trusted = false;     ///< values may bring whatever stays within their line
    bool one_word = false;    ///< no value is more than one word
    /// A value of a key that matches one of these shell patterns may have several lines. The keys
    /// are as the template sees them, without the prefix.
    std::vector<std::string> multiline;
    bool strict = false; ///< nothing is left out: a bad value is an error of the whole, as in confd
};

/// Those of a resource; `strict` is confd's setting.
[[nodiscard]] Rules rules_of(const confd::Resource& resource, bool strict);

/// True when the template makes a configuration of HAProxy, whatever the values are: a line break
/// that a value brings counts for nothing, unless it may have several lines.
[[nodiscard]] bool makes_haproxy(const confd::Rendering& rendering, const Rules& rules);

/// True when the template, whatever the values are, makes something that can't be a configuration
/// of HAProxy: it has text and no section. False for a configuration that is broken, or that lacks
/// all that keys would bring.
[[nodiscard]] bool makes_another_kind(const confd::Rendering& rendering, const Rules& rules);

/// The files to which values may not bring everything (haproxy::Reading), as far as the resources'
/// templates, and the files that they are rendered to, name them.
[[nodiscard]] std::vector<haproxy::FileUse>
gated_files(const std::vector<confd::Resource>& resources);

/// What may be printed into a configuration of HAProxy, or a file that it reads line by line: no
/// line break (but in a value that may have several lines), no other control character, no Unicode
/// line separator, nothing that isn't UTF-8. Both must outlive the result.
[[nodiscard]] gotemplate::Gate make_gate(const confd::Renderer& renderer, const Rules& rules);

/// "key /app/servers/a = '10.0.0.1'", for messages: the source's name with the prefix and, of a key
/// that `renderer` has, its value, escaped and cut.
[[nodiscard]] std::string describe(const confd::Source& source, const confd::Renderer& renderer,
                                   const Rules& rules);

/// "key /app/servers/a": the source's name with the prefix.
[[nodiscard]] std::string name_of(const confd::Source& source, const Rules& rules);

/// `key`, as the template sees it, by its whole name.
[[nodiscard]] std::string with_prefix(const Rules& rules, std::string_view key);
/// A message of a template function that lacks a key, which it names without the prefix, with it.
[[nodiscard]] std::string with_prefixed_key(const Rules& rules, std::string message);

} // namespace hitless::apply
