#include "hitless/base/text.hpp"

#include "confd/functions.hpp"
#include "gotemplate/quote.hpp"

#include <charconv>

namespace hitless::confd {
namespace {

using Text = const std::string&;
using Unsigned = std::uint64_t;

/// Go's integers wrap around.
template <class Operation>
std::int64_t wrap(std::int64_t a, std::int64_t b, Operation operation) {
    return static_cast<std::int64_t>(operation(static_cast<Unsigned>(a), static_cast<Unsigned>(b)));
}

std::int64_t add(std::int64_t a, std::int64_t b) {
    return wrap(a, b, std::plus<Unsigned>());
}

std::int64_t sub(std::int64_t a, std::int64_t b) {
    return wrap(a, b, std::minus<Unsigned>());
}

std::int64_t mul(std::int64_t a, std::int64_t b) {
    return wrap(a, b, std::multiplies<Unsigned>());
}

Result<std::int64_t> div(std::int64_t a, std::int64_t b) {
    if (b == 0)
        return Error{"division by zero"};
    return b == -1 ? sub(0, a) : a / b;
}

Result<std::int64_t> mod(std::int64_t a, std::int64_t b) {
    if (b == 0)
        return Error{"division by zero"};
    return b == -1 ? 0 : a % b;
}

Result<List> seq(std::int64_t first, std::int64_t last) {
    List numbers;
    numbers.type = list_type::integers;
    numbers.is_nil = first > last;
    if (numbers.is_nil)
        return numbers;
    const Unsigned more = static_cast<Unsigned>(last) - static_cast<Unsigned>(first);
    if (auto checked = check_count(more); !checked)
        return checked.error();
    for (Unsigned i = 0; i <= more; ++i)
        numbers.emplace_back(add(first, static_cast<std::int64_t>(i)));
    return numbers;
}

Result<std::int64_t> atoi(Text text) {
    std::string_view digits = text;
    if (digits.starts_with('+'))
        digits.remove_prefix(1);
    std::int64_t number = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, number);
    const auto failure = [&](std::string_view what) {
        return fail("strconv.Atoi: parsing {}: {}", gotemplate::in_quotes(text), what);
    };
    if (digits.size() != text.size() && digits.starts_with('-'))
        return failure("invalid syntax");
    if (end == last && error == std::errc::result_out_of_range)
        return failure("value out of range");
    if (end != last || error != std::errc{})
        return failure("invalid syntax");
    return number;
}

Result<bool> parse_bool(Text text) {
    const auto parsed = base::parse_bool(text);
    if (!parsed)
        return fail("strconv.ParseBool: parsing {}: invalid syntax", gotemplate::in_quotes(text));
    return *parsed;
}

} // namespace

void add_number_functions(Functions& functions) {
    functions["add"] = make_function(add);
    functions["sub"] = make_function(sub);
    functions["mul"] = make_function(mul);
    functions["div"] = make_function(div);
    functions["mod"] = make_function(mod);
    functions["seq"] = make_function(seq);
    functions["atoi"] = make_function(atoi);
    functions["parseBool"] = make_function(parse_bool);
}

} // namespace hitless::confd
