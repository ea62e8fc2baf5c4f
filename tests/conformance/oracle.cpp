#include "conformance/oracle.hpp"

#include "hitless/confd/renderer.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <unistd.h>

namespace hitless::conformance {
namespace {

// JSON carries no bytes that aren't UTF-8, so texts travel in base64.

std::string encode(const std::string& text) {
    std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

std::string decode(const std::string& text) {
    std::string out(text.size() / 4 * 3 + 1, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    out.resize(static_cast<std::size_t>(size) - padding);
    return out;
}

/// A temporary file that goes with its object.
class TemporaryFile {
  public:
    explicit TemporaryFile(const std::string& content) {
        std::string name = std::filesystem::temp_directory_path() / "hitless-oracle-XXXXXX";
        const int file = mkstemp(name.data());
        if (file >= 0)
            close(file);
        name_ = name;
        std::ofstream(name_) << content;
    }
    ~TemporaryFile() { std::filesystem::remove(name_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    std::string name_;
};

std::string output_of(const std::string& command) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string out;
    std::array<char, 65536> buffer{};
    while (pipe) {
        const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe.get());
        if (size == 0)
            break;
        out.append(buffer.data(), size);
    }
    return out;
}

} // namespace

Result<std::vector<Outcome>> ask_oracle(const std::vector<Keys>& keys,
                                        const std::vector<Case>& cases,
                                        const std::string& options) {
    nlohmann::json request{{"keys", keys}, {"cases", nlohmann::json::array()}};
    for (const Case& c : cases)
        request["cases"].push_back({{"template", encode(c.text)}, {"keys", c.keys}});
    const TemporaryFile input(request.dump());
    const std::string answer =
        output_of("'" HITLESS_ORACLE "' " + options + " < '" + input.name() + "'");
    const auto results = nlohmann::json::parse(answer, nullptr, false);
    if (!results.is_array() || results.size() != cases.size())
        return fail("the oracle {} did not answer: {}", HITLESS_ORACLE, answer.substr(0, 1000));
    std::vector<Outcome> outcomes;
    for (const auto& result : results) {
        const std::string error = result.value("error", "");
        const bool has_output = result.contains("output") && result["output"].is_string();
        const std::string text = has_output ? decode(result["output"]) : std::string();
        outcomes.push_back(
            {!error.empty(), error.empty() ? text : error, result.value("milliseconds", 0.0)});
    }
    return outcomes;
}

std::vector<Outcome> ask_hitless(const std::vector<Keys>& keys, const std::vector<Case>& cases) {
    std::vector<std::unique_ptr<keys::KeyTree>> trees;
    std::vector<gotemplate::Functions> functions;
    for (const Keys& set : keys) {
        trees.push_back(std::make_unique<keys::KeyTree>());
        for (const auto& [key, value] : set)
            trees.back()->apply({keys::Event::Kind::put, key, value});
        functions.push_back(confd::functions(trees.back().get()));
    }
    std::vector<Outcome> outcomes;
    for (const Case& c : cases) {
        const auto parsed = gotemplate::Template::parse("t", c.text, functions[c.keys]);
        if (!parsed) {
            outcomes.push_back({true, parsed.error().message});
            continue;
        }
        const auto output = parsed->execute();
        outcomes.push_back({!output, output ? *output : output.error().message});
    }
    return outcomes;
}

} // namespace hitless::conformance
