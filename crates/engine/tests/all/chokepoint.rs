//! The cost of a closed chokepoint: nothing at no loss, rising, and ever faster.

use climbdown_engine::analyse::chokepoint::Market;

#[test]
fn cost_is_nothing_at_no_loss_rises_and_is_convex_in_depth_and_linear_in_days() {
    for (supply, demand) in [(0.0, 0.1), (0.04, 0.12), (0.1, 0.3), (0.2, 0.9)] {
        let market = Market {
            flow: 104.5,
            price: 71.0,
            supply,
            demand,
        };
        assert_eq!(market.cost(0.0, 30.0), Some(0.0));
        let at = |l: f64| market.cost(l, 30.0).expect("a share");
        let slope = |l: f64| market.marginal(l, 30.0).expect("a share");
        let mut last = 0.0;
        for k in 1..50 {
            let lost = f64::from(k) * 0.01;
            let ratio = market.ratio(lost).expect("a share");
            assert!((ratio.ln() * (supply + demand) + (1.0 - lost).ln()).abs() < 1e-12);
            assert!(at(lost) > at(lost - 0.01) && slope(lost) > last);
            last = slope(lost);
            // The derivative, by central differences of the cost itself.
            let h = 1e-6;
            let numeric = (at(lost + h) - at(lost - h)) / (2.0 * h * market.flow);
            assert!((numeric / last - 1.0).abs() < 1e-6, "{numeric} {last}");
            assert!((market.cost(lost, 60.0).expect("a share") / at(lost) - 2.0).abs() < 1e-12);
        }
        assert_eq!(market.cost(1.0, 30.0), None);
        assert_eq!(market.cost(-0.1, 30.0), None);
    }
}
