#pragma once

#include <string>
#include <string_view>

/// Texts for anybody who may ask over HTTP: more than the log and the notes beside dest, which only
/// the owner reads, can be seen by. So no value of a key is in them, but addresses of servers, and
/// nothing that may be a secret.
namespace hitless::telemetry {

/// A sentence of a trouble: what it has in quotes may be the value of a key, and becomes '…' unless
/// it is an address; user and password before the host of a URL are gone, and it ends
/// where it speaks of a password or the like.
[[nodiscard]] std::string public_sentence(std::string_view sentence);

/// Why a bad value of that key is left out. The name of the key may be like that of a secret, and
/// what is in quotes becomes '…' before it is looked for one: where and what is wrong stays.
[[nodiscard]] std::string public_reason(std::string_view reason, std::string_view key);

/// A line of the configuration, or a note of one ("+ balance leastconn"): what may have a secret in
/// it ends behind its first words.
[[nodiscard]] std::string public_line(std::string_view line);

/// A runtime command: `add server` ends behind the address, since options can be secret.
[[nodiscard]] std::string public_command(std::string_view command);

} // namespace hitless::telemetry
