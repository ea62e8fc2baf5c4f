#include "hitless/base/secrets.hpp"
#include "hitless/base/text.hpp"
#include "hitless/haproxy/certificate.hpp"
#include "hitless/haproxy/command.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

/// Any bytes as the file of a certificate, and as HAProxy's answers about one.
namespace {

using namespace hitless;

void expect(bool holds) {
    if (!holds)
        std::abort();
}

/// What is sent to HAProxy is one command with one payload, which means the same certificate.
void look_at(const haproxy::Certificate& certificate) {
    for (const std::string_view line : base::split(
             std::string_view(certificate.text).substr(0, certificate.text.size() - 1), '\n')) {
        expect(!line.empty());
        expect(!base::has_control(line));
    }
    const auto again = haproxy::read_certificate(certificate.text);
    const auto* const same = std::get_if<haproxy::Certificate>(&again);
    expect(same != nullptr && same->digest == certificate.digest);
    expect(!base::has_control(certificate.of.subject));
    const auto command = haproxy::command::set_certificate("a.pem", certificate);
    expect(!command || to_wire(*command).value().ends_with("-----\n\n"));
}

void look_at(const haproxy::PemFlaw& flaw, std::string_view text) {
    expect(!flaw.what.empty() && !base::has_control(flaw.what));
    for (const haproxy::PemFlaw::Place& place : flaw.places)
        expect(place.begin <= place.end && place.end <= text.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto read = haproxy::read_certificate(text);
    if (const auto* const certificate = std::get_if<haproxy::Certificate>(&read))
        look_at(*certificate);
    else
        look_at(std::get<haproxy::PemFlaw>(read), text);
    const std::string shown = base::without_private_keys(text);
    expect(base::has_private_key(text) || shown == text);
    expect(base::without_private_keys(shown) == shown);
    (void)haproxy::parse_certificate_list(text);
    if (const auto told = haproxy::parse_shown_certificate(text))
        (void)haproxy::end_of(*told);
    return 0;
}
