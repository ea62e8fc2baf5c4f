#include "apply/value_invariants.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

/// Any text as a template that makes a configuration of HAProxy, with any value of one key among
/// others. The input is the template, a 0xFE byte, and the value: perhaps another 0xFE byte and the
/// end of the key's name.
namespace {

using namespace hitless;

constexpr char separator = '\xfe';

struct Input {
    std::string text;
    std::string key;
    std::string value;
};

std::string take_part(std::string_view& rest) {
    const std::string_view part = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    return std::string(part);
}

/// nullopt for templates that ask the system, whose answers differ from call to call or take long.
std::optional<Input> read(std::string_view bytes) {
    Input input;
    input.text = take_part(bytes);
    input.value = take_part(bytes);
    input.key = "/app/m" + take_part(bytes);
    constexpr std::array<std::string_view, 7> asking = {
        "datetime", "getenv", "hostname", "fileExists", "lookup", "include", "seq"};
    const bool asks = std::ranges::any_of(
        asking, [&](std::string_view name) { return input.text.find(name) != std::string::npos; });
    return asks ? std::nullopt : std::optional(std::move(input));
}

std::vector<keys::Entry> entries(const Input& input, const std::optional<std::string>& value) {
    std::vector<keys::Entry> all = {
        {"/app/a", "10.0.0.1:80"},
        {"/app/z", "10.0.0.2:80 weight 5"},
        {"/json/a", R"({"host":"10.0.0.1","port":80,"tags":["s","t"]})"},
        {"/list", "u,v"},
        {"/services/a/servers/b", "10.0.0.3:80"},
        {"/services/a/word", "w"},
    };
    if (value)
        all.push_back({input.key, *value});
    return all;
}

/// What a vetter makes of the keys, as a text that tells two outcomes apart.
std::string outcome(const Result<apply::Vetter::Vetted>& vetted) {
    return vetted ? vetted->config.text() : "error";
}

std::string left_out(const apply::Vetter& vetter) {
    std::string text;
    for (const auto& spoilt : vetter.spoilt())
        text += "\n* " + spoilt->message;
    return text;
}

[[noreturn]] void give_up(const Input& input, std::string_view why, const std::string& made) {
    std::cerr << why << "\n--- template\n"
              << input.text << "\n--- key\n"
              << input.key << "\n--- value\n"
              << input.value << "\n--- made of it\n"
              << made << std::endl;
    std::abort();
}

/// A template with a vetter, which may have seen other values.
struct Resource {
    std::unique_ptr<confd::Renderer> renderer;
    apply::Vetter vetter;

    Result<apply::Vetter::Vetted> vet(const Input& input, const std::optional<std::string>& value) {
        renderer->tree().replace("/", entries(input, value));
        return vetter.vet(*renderer);
    }
};

void check(const Input& input, const Result<apply::Vetter::Vetted>& vetted) {
    if (!vetted)
        return;
    if (const auto broken = apply::test::broken_invariant(*vetted))
        give_up(input, *broken, vetted->config.text());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
    static const hitless::test::TemporaryDirectory directory;
    const auto input = read({reinterpret_cast<const char*>(bytes), size});
    if (!input)
        return 0;
    const std::string file = directory.write("app.tmpl", input->text);
    auto first = confd::Renderer::load(file);
    if (!first)
        return 0;
    Resource kept{std::move(*first), apply::Vetter()};
    check(*input, kept.vet(*input, "10.0.0.4:80"));
    const auto now = kept.vet(*input, input->value);
    check(*input, now);
    Resource fresh{confd::Renderer::load(file).value(), apply::Vetter()};
    const auto expected = fresh.vet(*input, input->value);
    check(*input, expected);
    if (outcome(now) != outcome(expected))
        give_up(*input, "a vetter that has seen another value makes another text",
                outcome(now) + left_out(kept.vetter) + "\n--- by a new one\n" + outcome(expected) +
                    left_out(fresh.vetter));
    if (outcome(kept.vet(*input, input->value)) != outcome(now))
        give_up(*input, "the same once more is another text", outcome(now));
    check(*input, kept.vet(*input, std::nullopt));
    return 0;
}
