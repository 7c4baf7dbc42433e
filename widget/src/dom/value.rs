//! The browser's values: JSON, objects, dates, randomness. No element and no chat.

use js_sys::{Array, Date, JSON, Number, Object, Reflect};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::wire::Value;

#[wasm_bindgen]
extern "C" {
    /// `Date.prototype.toLocaleString`, which throws where it does not know the locale.
    #[wasm_bindgen(js_name = Date)]
    type LocalDate;

    #[wasm_bindgen(method, catch, js_class = "Date", js_name = toLocaleString)]
    fn local(this: &LocalDate, locale: &str, options: &Object) -> Result<String, JsValue>;

    #[wasm_bindgen(js_namespace = crypto, catch, js_name = getRandomValues)]
    fn random_values(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
}

/// JSON as a value, read by the browser (D11).
pub(crate) fn from_json(text: &str) -> Option<JsValue> {
    JSON::parse(text).ok()
}

/// A Rust value as the browser's, to be posted.
pub(crate) fn to_value<T: Serialize>(value: &T) -> Option<JsValue> {
    value.serialize(&Serializer::json_compatible()).ok()
}

/// A value as the browser has it. Numbers are whole where the browser says so.
impl Value for JsValue {
    fn get(&self, name: &str) -> Option<Self> {
        Reflect::get(self, &name.into())
            .ok()
            .filter(|value| !value.is_null() && !value.is_undefined())
    }

    fn text(&self) -> Option<String> {
        self.as_string()
    }

    #[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number of 53 bits")]
    fn whole(&self) -> Option<i64> {
        Number::is_safe_integer(self).then(|| self.as_f64())?.map(|number| number as i64)
    }

    fn truth(&self) -> Option<bool> {
        self.as_bool()
    }

    fn items(&self) -> Option<Vec<Self>> {
        self.dyn_ref::<Array>().map(Array::to_vec)
    }
}

/// A property of an object, as text.
pub(crate) fn property(object: &JsValue, name: &str) -> String {
    object.get(name).and_then(|value| value.text()).unwrap_or_default()
}

/// An object of these properties.
pub(crate) fn object(entries: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in entries {
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

/// Milliseconds since 1970 by the visitor's clock.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a date's milliseconds are whole and fit 53 bits"
)]
pub(crate) fn now_ms() -> i64 {
    Date::now() as i64
}

/// 16 random bytes, from the browser's source for keys.
pub(crate) fn random_bytes() -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    random_values(&mut bytes).ok()?;
    Some(bytes)
}

/// How a moment is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Hours and minutes; the day before them where it is not today.
    Time,
    /// The day alone.
    Day,
}

/// A moment in the visitor's language and zone; empty where the browser can't say it.
#[expect(clippy::cast_precision_loss, reason = "a date's milliseconds fit 53 bits")]
pub(crate) fn moment(at_ms: i64, shown: Shown, locale: &str) -> String {
    let date = Date::new(&JsValue::from_f64(at_ms as f64));
    let today =
        Date::new(&JsValue::from_f64(Date::now())).to_date_string() == date.to_date_string();
    let mut options: Vec<(&str, JsValue)> = Vec::new();
    if shown == Shown::Day || !today {
        let month = if shown == Shown::Day { "long" } else { "short" };
        options.extend([("day", "numeric".into()), ("month", month.into())]);
    }
    if shown == Shown::Day {
        options.push(("year", "numeric".into()));
    } else {
        options.extend([("hour", "2-digit".into()), ("minute", "2-digit".into())]);
    }
    let date: LocalDate = date.unchecked_into();
    date.local(locale, object(&options).unchecked_ref()).unwrap_or_default()
}
