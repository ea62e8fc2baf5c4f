#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitless::apply::test {

using Keys = std::vector<std::pair<std::string, std::string>>;

/// What a template expects a value to be.
enum class Shape {
    address, ///< of a server
    options, ///< of a server
    word,
    list,    ///< words with commas between them
    object,  ///< JSON with "name", "port", "tags" and "inner", which holds JSON as a text
    array,   ///< of JSON
    encoded, ///< a word in base64
};

/// A template that makes a configuration of HAProxy, its keys, and the one of them whose value
/// somebody else than the template's author will change.
struct RandomSite {
    std::string text;
    Keys keys; ///< all harmless, the one with the changing value among them
    std::string victim;
    Shape shape = Shape::word;
};

/// Makes random sites, and values that their templates' authors didn't think of.
class SiteGenerator {
  public:
    explicit SiteGenerator(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] RandomSite make_site();

    /// A value that is meant to break out of its place, in one of the encodings that a template
    /// which expects that shape decodes. It has no text of marker() that the site has as well.
    [[nodiscard]] std::string hostile_value(Shape shape);

    /// In most hostile values; no template and no harmless value has it.
    static constexpr std::string_view marker = "zqz";

  private:
    /// A value in the template: how to write it.
    struct Source {
        Shape shape;
        std::string expression; ///< as a function's argument
    };

    void add_keys();
    void add_victim(RandomSite& site);
    std::string definitions();
    std::string section();
    std::string services();
    std::string block();
    std::string over_keys();
    std::string one_key();
    std::string lines(const Source& source);
    std::string line(const Source& source);
    std::string server_line(const Source& source);
    std::string fixed_line();
    std::string other_line(const std::string& value, const std::string& second);
    std::string print(const Source& source);
    std::string print_text(const std::string& expression);
    std::string print_server(const std::string& expression);
    std::string print_object(const std::string& expression);
    std::string hostile_text();
    std::string hostile_json(bool is_array);
    std::string json_text(std::string_view text);

    bool chance(int in) { return number(in) == 0; }
    int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    std::string_view one_of(const std::vector<std::string_view>& choices) {
        return choices[static_cast<std::size_t>(number(static_cast<int>(choices.size())))];
    }
    Shape any_shape() { return static_cast<Shape>(number(7)); }

    std::mt19937_64 random_;
    int serial_ = 0; ///< makes each line of a template another one
    std::vector<std::pair<std::string, Shape>> candidates_; ///< keys that the template reads
    Keys keys_;
};

[[nodiscard]] std::string_view to_string(Shape shape);
/// A value as a template expects it; `name` stands in it.
[[nodiscard]] std::string harmless_value(Shape shape, const std::string& name);

} // namespace hitless::apply::test
