#include "conformance/corpus.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace hitless::conformance {
namespace {

const std::filesystem::path corpus = HITLESS_CORPUS;

std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void add_lines(const std::filesystem::path& file, std::vector<Case>& cases) {
    std::ifstream in(file, std::ios::binary);
    int number = 0;
    for (std::string line; std::getline(in, line);) {
        boost::replace_all(line, "⏎", "\n");
        cases.push_back({file.filename().string() + ":" + std::to_string(++number), line});
    }
}

} // namespace

Keys corpus_keys() {
    return nlohmann::json::parse(content_of(corpus / "keys.json")).get<Keys>();
}

std::vector<Case> corpus_cases() {
    std::vector<Case> cases;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
        if (entry.path().extension() == ".cases")
            add_lines(entry.path(), cases);
        else if (entry.path().extension() == ".tmpl")
            cases.push_back({entry.path().filename().string(), content_of(entry.path())});
    }
    std::ranges::stable_sort(cases, {}, &Case::name);
    return cases;
}

} // namespace hitless::conformance
