#pragma once

#include "etcd/answer.hpp"
#include "etcd/connection.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// What all messages of etcd's v3 JSON gateway have in common.
namespace hitless::etcd::v3 {

/// gRPC's status codes (google.golang.org/grpc/codes), as far as they mean something here: the
/// "code" of an error.
namespace code {
inline constexpr int not_found = 5;
inline constexpr int permission_denied = 7;
inline constexpr int failed_precondition = 9;
inline constexpr int unauthenticated = 16;
} // namespace code

[[nodiscard]] Request post(const char* path, const nlohmann::json& message);

/// A 64-bit number, which is a text here; 0 when it isn't there, since 0 is left out.
[[nodiscard]] std::int64_t number_of(const nlohmann::json& object, const char* name);

/// The same of one that is never negative: a revision, a lease.
[[nodiscard]] std::uint64_t unsigned_of(const nlohmann::json& object, const char* name);

/// An answer that is none of the gateway's.
[[nodiscard]] Refusal senseless(std::string_view body);

} // namespace hitless::etcd::v3
