// Current-based leaky integrate-and-fire neurons in fixed point, one in a cycle:
//     u' = wrap(trunc(u*(1 - du)) + a)    v' = clip(trunc(v*(1 - dv)) + u' + bias)    spike where v' > theta, then v' = 0
// Numbers are whole multiples of 2^-18, factors of 2^-12. u wraps into -2^23 + 1 to 2^23, which takes 25 bits.
module cuba_lif #(
    parameter NEURONS = 10,
    parameter INDEX = $clog2(NEURONS)
) (
    input                     clock,
    input                     reset,
    input                     write_bias,
    input [INDEX-1:0]         address,
    input signed [31:0]       bias,
    input signed [15:0]       keep_u,    // 2^12*(1 - du)
    input signed [15:0]       keep_v,
    input signed [31:0]       theta,
    input                     update,    // of one neuron
    input [INDEX-1:0]         neuron,
    input signed [47:0]       arrived,
    output reg [NEURONS-1:0]  spikes
);
    localparam signed [47:0] TOP = 48'sd8388607;

    reg signed [24:0] us [0:NEURONS-1];
    reg signed [23:0] vs [0:NEURONS-1];
    reg signed [31:0] biases [0:NEURONS-1];
    integer i;

    function signed [47:0] trunc12(input signed [47:0] x);
        trunc12 = x < 0 ? -((-x) >>> 12) : x >>> 12;
    endfunction

    /* verilator lint_off UNUSEDSIGNAL */ // what wraps is dropped
    function signed [24:0] wrap(input signed [47:0] x);
        wrap = x[23:0] == 24'h800000 ? 25'sh0800000 : 25'(signed'(x[23:0]));
    endfunction
    /* verilator lint_on UNUSEDSIGNAL */

    function signed [23:0] clip(input signed [47:0] x);
        clip = x > TOP ? 24'(TOP) : x < -TOP ? 24'(-TOP) : x[23:0];
    endfunction

    wire signed [24:0] u = wrap(trunc12(48'(us[neuron]) * 48'(keep_u)) + arrived);
    wire signed [23:0] v = clip(trunc12(48'(vs[neuron]) * 48'(keep_v)) + 48'(u) + 48'(biases[neuron]));
    wire spike = 32'(v) > theta;

    always @(posedge clock) begin
        if (write_bias) biases[address] <= bias;
        if (reset) begin
            spikes <= 0;
            for (i = 0; i < NEURONS; i = i + 1) begin
                us[i] <= 0;
                vs[i] <= 0;
            end
        end else if (update) begin
            us[neuron] <= u;
            vs[neuron] <= spike ? 24'sd0 : v;
            spikes[neuron] <= spike;
        end
    end
endmodule
