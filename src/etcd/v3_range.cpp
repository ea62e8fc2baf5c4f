#include "etcd/v3_range.hpp"

#include "etcd/base64.hpp"
#include "etcd/json_sax.hpp"

#include <boost/lexical_cast/try_lexical_convert.hpp>
#include <nlohmann/json.hpp>

#include <utility>

namespace hitless::etcd::v3 {
namespace {

/// Called by the parser, in the order of the text.
class RangeHandler : public JsonSax {
  public:
    explicit RangeHandler(Range& range) : range_(range) {}

    bool string(string_t& text) override {
        if (depth_ != 2)
            return true;
        if (section_ == "header" && name_ == "cluster_id")
            range_.cluster = std::move(text);
        else if (section_ == "header" && name_ == "revision")
            return boost::conversion::try_lexical_convert(text, range_.revision);
        else if (section_ == "kvs" && name_ == "key")
            return decode(text, range_.entries.back().key);
        else if (section_ == "kvs" && name_ == "value")
            return decode(text, range_.entries.back().value);
        return true;
    }

    bool key(string_t& name) override {
        std::swap(name_, name);
        if (depth_ == 1)
            section_ = name_;
        return true;
    }

    bool start_object(std::size_t) override {
        if (++depth_ == 2 && section_ == "kvs")
            range_.entries.emplace_back();
        return true;
    }

    bool end_object() override {
        --depth_;
        return true;
    }

    bool start_array(std::size_t) override { return depth_ > 0; }

  private:
    static bool decode(const std::string& text, std::string& target) {
        auto decoded = decode_base64(text);
        if (decoded)
            target = std::move(*decoded);
        return decoded.has_value();
    }

    Range& range_;
    std::size_t depth_ = 0; ///< of objects
    std::string section_;   ///< the member of the outermost object
    std::string name_;      ///< of the member that is being read
};

} // namespace

bool parse_range_body(std::string_view json, Range& range) {
    RangeHandler handler(range);
    return nlohmann::json::sax_parse(json, &handler) && range.revision != 0;
}

} // namespace hitless::etcd::v3
