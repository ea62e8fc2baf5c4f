#pragma once

#include "hitless/apply/gate.hpp"
#include "hitless/haproxy/certificate.hpp"

#include <sys/types.h>

namespace hitless::apply {

/// The mode of a file that HAProxy reads as a certificate, unless its resource says another: it may
/// hold a private key.
inline constexpr mode_t mode_of_certificates = 0600;

/// The resource with that mode, where `reading` and the resource make it so.
[[nodiscard]] confd::Resource with_mode_for(confd::Resource resource, haproxy::Reading reading);

/// What the resource's template has made, as HAProxy reads it: the gate for values with many lines.
/// An Error names the resource and the keys to blame, and nothing of what they hold.
Result<haproxy::Certificate> expect_certificate(const confd::Rendering& rendering,
                                                const confd::Resource& resource,
                                                const Rules& rules);

} // namespace hitless::apply
