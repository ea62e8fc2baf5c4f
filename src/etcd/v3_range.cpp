#include "etcd/v3_range.hpp"

#include "etcd/answer.hpp"
#include "etcd/base64.hpp"

#include <boost/lexical_cast/try_lexical_convert.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

namespace hitless::etcd::v3 {
namespace {

/// An answer that has more is none: it would keep everything else waiting.
constexpr std::size_t most_keys = 1'000'000;

/// Called by the parser, in the order of the text. Every function returns false at what doesn't
/// belong there, which ends the parsing.
class RangeHandler : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit RangeHandler(Range& range) : range_(range) {}

    /// Header and number of keys are as they must be.
    [[nodiscard]] bool is_whole() const {
        return range_.revision != 0 && range_.revision <= most_index && !range_.cluster.empty() &&
               newest_ <= range_.revision &&
               range_.entries.size() == count_.value_or(range_.entries.size());
    }

    bool null() override { return false; }
    bool boolean(bool value) override { return is_other() || (is("more") && !value); }
    bool number_integer(number_integer_t) override { return is_other(); }
    bool number_unsigned(number_unsigned_t) override { return is_other(); }
    bool number_float(number_float_t, const string_t&) override { return is_other(); }
    bool binary(binary_t&) override { return false; }

    bool string(string_t& text) override {
        if (place_ == Place::header && name_ == "cluster_id")
            range_.cluster = std::move(text);
        else if (place_ == Place::header && name_ == "revision")
            return boost::conversion::try_lexical_convert(text, range_.revision);
        else if (place_ == Place::pair && name_ == "key")
            return decode(text, range_.entries.back().key);
        else if (place_ == Place::pair && name_ == "value")
            return decode(text, range_.entries.back().value);
        else if (place_ == Place::pair && name_ == "mod_revision")
            return note_revision(text);
        else if (is("count"))
            return boost::conversion::try_lexical_convert(text, count_.emplace());
        else
            return place_ == Place::header || place_ == Place::pair || is_other();
        return true;
    }

    bool key(string_t& name) override {
        std::swap(name_, name);
        return place_ == Place::pair
                   ? note(seen_of_pair_, {"key", "value", "mod_revision"})
                   : note(seen_, {"header", "kvs", "count", "cluster_id", "revision"});
    }

    bool start_object(std::size_t) override {
        const Place before = place_;
        if (place_ == Place::outside)
            place_ = Place::answer;
        else if (is("header"))
            place_ = Place::header;
        else if (place_ == Place::pairs)
            place_ = Place::pair;
        if (place_ == Place::pair) {
            range_.entries.emplace_back();
            seen_of_pair_ = 0;
        }
        return place_ != before && range_.entries.size() <= most_keys;
    }

    bool end_object() override {
        if (place_ == Place::pair && range_.entries.back().key.empty())
            return false;
        place_ = place_ == Place::pair     ? Place::pairs
                 : place_ == Place::header ? Place::answer
                                           : Place::end;
        return true;
    }

    bool start_array(std::size_t) override {
        const bool are_pairs = is("kvs");
        if (are_pairs)
            place_ = Place::pairs;
        return are_pairs;
    }

    bool end_array() override {
        place_ = Place::answer;
        return true;
    }

    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

  private:
    enum class Place { outside, answer, header, pairs, pair, end };

    /// It is the value of the answer's member of that name.
    [[nodiscard]] bool is(std::string_view name) const {
        return place_ == Place::answer && name_ == name;
    }
    /// It is the value of a member of the answer that isn't known, which may hold any plain value.
    [[nodiscard]] bool is_other() const {
        return place_ == Place::answer && name_ != "header" && name_ != "kvs" && name_ != "more" &&
               name_ != "count";
    }

    /// False when the member that begins was there before.
    bool note(unsigned& seen, std::initializer_list<std::string_view> known) const {
        unsigned bit = 1;
        for (const std::string_view name : known) {
            if (name == name_)
                return (std::exchange(seen, seen | bit) & bit) == 0;
            bit <<= 1;
        }
        return true;
    }

    bool note_revision(const std::string& text) {
        std::uint64_t revision = 0;
        const bool is_number = boost::conversion::try_lexical_convert(text, revision);
        newest_ = std::max(newest_, revision);
        return is_number;
    }

    static bool decode(const std::string& text, std::string& target) {
        auto decoded = decode_base64(text);
        if (decoded)
            target = std::move(*decoded);
        return decoded.has_value();
    }

    Range& range_;
    Place place_ = Place::outside;
    std::string name_; ///< of the member that is being read
    std::optional<std::size_t> count_;
    std::uint64_t newest_ = 0;  ///< revision of a pair
    unsigned seen_ = 0;         ///< members of the answer and of its header; a bit each
    unsigned seen_of_pair_ = 0; ///< members of the pair that is being read
};

} // namespace

bool parse_range_body(std::string_view json, Range& range) {
    RangeHandler handler(range);
    return nlohmann::json::sax_parse(json, &handler) && handler.is_whole();
}

} // namespace hitless::etcd::v3
